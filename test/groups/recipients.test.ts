/** Who gets a message that names groups and users. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callSocket } from '../support/gateway.ts'
import { enter, run, startScripted, texts } from './scripted.ts'

test('groups, users and connections: the union of those given, nobody twice, without those in except', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a', 'b'] })
  const annas = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const ben = await enter(t, gateway, { user: 'ben', groups: ['b'] })
  const guest = await enter(t, gateway)
  const all = { anna, annas, ben, guest }
  const cases: [object, (keyof typeof all)[]][] = [
    [{ groups: ['a'] }, ['anna', 'annas']],
    [{ groups: ['a', 'b', 'a', 'none'] }, ['anna', 'annas', 'ben']],
    [{ groups: [] }, []],
    [{ groups: ['none'] }, []],
    [{ users: ['anna'] }, ['anna', 'annas']],
    [{ users: ['anna', 'ben', 'nobody', 'anna'] }, ['anna', 'annas', 'ben']],
    [{ users: [] }, []],
    [{ groups: ['b'], users: ['anna'] }, ['anna', 'annas', 'ben']],
    [{ groups: ['a'], connections: [anna.id, guest.id] }, ['anna', 'annas', 'guest']],
    [{ users: ['ben'], connections: [] }, ['ben']],
    [{ groups: [], users: [], connections: [guest.id] }, ['guest']],
    [
      { groups: ['a'], users: ['ben'], connections: [guest.id], except: [anna.id, ben.id] },
      ['annas', 'guest'],
    ],
    [{ users: ['anna'], except: [anna.id, annas.id, 'gone'] }, []],
    [{ except: [anna.id] }, ['annas', 'ben', 'guest']],
    [{}, ['anna', 'annas', 'ben', 'guest']],
  ]
  const expected = { anna: [], annas: [], ben: [], guest: [] } as Record<keyof typeof all, string[]>
  for (const [n, [more, names]] of cases.entries()) {
    const message = String(n)
    const { status, body } = await gateway.push({ message, ...more })
    assert.deepEqual([status, body], [200, { recipients: names.length }], JSON.stringify(more))
    for (const name of names) expected[name].push(message)
  }
  for (const [name, client] of Object.entries(all)) {
    assert.deepEqual(await texts(client), expected[name as keyof typeof all], name)
  }
})

test('data.groups and data.users restrict what a client sends; undefined is passed over', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const ben = await enter(t, gateway, { user: 'ben', groups: ['b'] })
  const guest = await enter(t, gateway, { groups: ['a'] })
  // Whoever sends need not be in the group.
  await run(ben, 'data.message = 1; data.groups = ["a", undefined]')
  await run(ben, 'data.message = 2; data.users = [undefined, "anna"]')
  await run(
    ben,
    'data.message = 3; data.groups = ["a"]; data.users = ["ben"]; data.except = [undefined, conn]',
  )
  await run(ben, 'data.message = 4; data.groups = [undefined]')
  await run(ben, 'data.message = 5; data.groups = undefined; data.users = undefined')
  await run(
    ben,
    'data.message = 6; data.groups = [...conn.groups]; data.connections = [...gateway.group("a")]',
  )
  assert.deepEqual(await texts(anna), ['1', '2', '3', '5', '6'])
  assert.deepEqual(await texts(ben), ['5', '6'])
  assert.deepEqual(await texts(guest), ['1', '3', '5', '6'])
})

test('a group or user that is no text is a fault, never "everyone"', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const bad = ['"a"', '1', '{}', 'new Set(["a"])', '["a", 1]', '["a", null]', '[["a"]]', '[conn ?? {}]']
  for (const key of ['groups', 'users']) {
    for (const value of bad) {
      const answer = await gateway.push({ message: 'never', script: `data.${key} = ${value}` })
      assert.equal(answer.status, 500, value)
      assert.match(answer.body.detail, new RegExp(`data\\.${key}\\b`))
    }
  }
  await run(anna, 'data.message = "never"; data.groups = "a"')
  const fault = await gateway.line(({ event, conn }) => event === 'listener.error' && conn === anna.id)
  assert.match(String(fault.msg), /data\.groups takes an array/)
  assert.deepEqual(await texts(anna), [])
})

test('a push takes arrays of texts alone', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  for (const key of ['groups', 'users']) {
    for (const value of ['a', null, 1, true, { 0: 'a' }, ['a', 1], ['a', null], [['a']], [{}]]) {
      const { status, body, headers } = await gateway.push({ message: 'never', [key]: value })
      assert.deepEqual(
        [status, headers['content-type']],
        [400, 'application/problem+json'],
        `${key}: ${value}`,
      )
      assert.match(body.detail, new RegExp(`"${key}`))
    }
  }
  const own = `return gateway.push({ message: 'never', groups: 'a' }).then(
    () => gateway.log.info('pushed all the same'),
    error => gateway.log.info({ status: error.status }, 'refused'))`
  await run(anna, own)
  assert.equal((await gateway.line(line => line.msg === 'refused')).status, 400)
  assert.deepEqual(await texts(anna), [])
  await run(anna, 'gateway.push({ message: "yes", groups: ["a"] })')
  assert.deepEqual(await texts(anna), ['yes'])
})

test('a line of a stream that names groups wrongly ends it with its number', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const lines = '{"message":1,"groups":["a"]}\n{"message":2,"users":["anna"]}\n{"message":3,"groups":"a"}\n'
  const type = { 'content-type': 'application/x-ndjson' }
  const { status, body } = await callSocket(gateway.socket, 'POST', '/push', lines, type)
  assert.deepEqual([status, body.pushed, body.recipients, body.line], [400, 2, 2, 3])
  assert.match(body.detail, /"groups" takes an array/)
  assert.deepEqual(await texts(anna), ['1', '2'])
})

test('null is no list: a hook that sets it by mistake sends to nobody', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  for (const list of ['groups', 'users']) {
    const { status, body } = await gateway.push({ message: 'x', script: `data.${list} = null` })
    assert.equal(status, 500)
    assert.match(body.detail, new RegExp(`data\\.${list} takes an array of texts, got null`))
  }
  assert.deepEqual(await texts(anna), [])
})

test('whoever leaves and joins within a loop over the group comes up once', async t => {
  const gateway = await startScripted(t)
  const [anna] = await Promise.all([1, 2, 3].map(() => enter(t, gateway, { groups: ['a'] })))
  const loop = `let n = 0; for (const c of gateway.group('a')) { if (++n > 100) break; c.leave('a'); c.join('a') } return n`
  assert.equal(await run(anna as NonNullable<typeof anna>, loop), 3)
})

test('a push that names its recipient by a key of the wrong name is warned of, once', async t => {
  const gateway = await startScripted(t)
  await enter(t, gateway)
  for (let i = 0; i < 2; i++) {
    await gateway.push({ message: 'x', user: 'anna' })
    await gateway.push({ message: 'x', group: 'a', users: ['anna'] })
  }
  await gateway.push({ message: 'x', group: 'a' })
  await gateway.line(line => line.level === 40 && /"group"/.test(line.msg ?? ''))
  const warnings = gateway.lines.filter(line => line.level === 40 && line.event === 'push')
  assert.deepEqual(
    warnings.map(({ msg }) => msg),
    ['user', 'group'].map(
      key =>
        `a push with "${key}" goes to everyone: if that was meant to be its recipient, write "${key}s": […]`,
    ),
  )
})
