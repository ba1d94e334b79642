/** What a connection may do with its groups. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, run, startScripted } from './scripted.ts'

test('join, leave and groups: in the order of joining, nothing twice', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway)
  assert.deepEqual(await run(anna, 'return conn.groups'), [])
  assert.deepEqual(await run(anna, 'conn.join("b"); conn.join("a"); conn.join("b"); return conn.groups'), [
    'b',
    'a',
  ])
  assert.deepEqual(await run(anna, 'conn.leave("c"); conn.leave("b"); return conn.groups'), ['a'])
  assert.deepEqual(await run(anna, 'conn.join("b"); return conn.groups'), ['a', 'b'])
  // What it gives is the caller's own.
  assert.deepEqual(await run(anna, 'conn.groups.push("c"); conn.groups.length = 0; return conn.groups'), [
    'a',
    'b',
  ])
  assert.deepEqual((await gateway.call('GET', `/connections/${anna.id}`)).body.groups, ['a', 'b'])
  const [listed] = (await gateway.call('GET', '/connections')).body.connections
  assert.deepEqual(listed.groups, ['a', 'b'])
})

test('any text of 1 to 256 characters is a name', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway)
  const names = [
    'x'.repeat(256),
    'é'.repeat(256),
    '🚀',
    ' ',
    'a/b ü',
    '__proto__',
    'constructor',
    '0',
    'a\nb',
  ]
  for (const name of names) {
    const code = `const name = ${JSON.stringify(name)}
      conn.join(name)
      return [conn.groups, gateway.group(name).size, gateway.group(name).name]`
    assert.deepEqual(await run(anna, code), [[name], 1, name])
    assert.deepEqual((await gateway.push({ message: '', groups: [name] })).body, { recipients: 1 }, name)
    await run(anna, `conn.leave(${JSON.stringify(name)})`)
    assert.deepEqual((await gateway.push({ message: '', groups: [name] })).body, { recipients: 0 }, name)
  }
})

test('what is no name is a TypeError, and changes nothing', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  for (const name of ['""', '"x".repeat(257)', '1', 'undefined', 'null', '{}', '["a"]', '"\\ud800"']) {
    for (const method of ['join', 'leave']) {
      assert.match(String(await run(anna, `conn.${method}(${name})`)), /^TypeError: ./, `${method}(${name})`)
    }
  }
  assert.deepEqual(await run(anna, 'return conn.groups'), ['a'])
})

test("gateway.group: the connections of this moment, and the group's size", async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  const ben = await enter(t, gateway, { groups: ['a', 'b'] })
  const ids = (name: string) => `[...gateway.group('${name}')].map(c => c.id)`
  assert.deepEqual(await run(anna, `return ${ids('a')}`), [anna.id, ben.id])
  const live = `const group = gateway.group('b')
    const sizes = [group.size]
    conn.join('b'); sizes.push(group.size, [...group].length)
    conn.leave('b'); sizes.push(group.size, [...group].length)
    return sizes`
  assert.deepEqual(await run(anna, live), [1, 2, 2, 1, 1])
  assert.deepEqual(await run(anna, `return [gateway.group('none').size, ${ids('none')}]`), [0, []])
  // One whose last member has gone, and come again.
  const again = `const group = gateway.group('c')
    conn.join('c'); conn.leave('c'); conn.join('c')
    return [group.size, [...group].length]`
  assert.deepEqual(await run(anna, again), [1, 1])
  // A group may be emptied while it is walked through.
  const emptied = `for (const c of gateway.group('a')) c.leave('a')
    return [gateway.group('a').size, ${ids('a')}]`
  assert.deepEqual(await run(anna, emptied), [0, []])
  assert.deepEqual(await run(ben, 'return conn.groups'), ['b'])
})

test('gateway.group(…).members: each user once, with the info, also while it is waited for', async t => {
  const gateway = await startScripted(t, { WS_PRESENCE_GRACE_MS: '600000' })
  const guest = await enter(t, gateway, { groups: ['a'] })
  const members = () => run(guest, 'return gateway.group("a").members')
  assert.deepEqual(await members(), [])
  const anna = await enter(t, gateway, { user: 'anna' })
  // Within the code that has made the change, and with two connections of one user.
  const joining = 'conn.info = { n: 1 }; conn.join("a"); return gateway.group("a").members'
  assert.deepEqual(await run(anna, joining), [{ user: 'anna', info: { n: 1 } }])
  const tab = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  const both = [{ user: 'anna', info: { n: 1 } }, { user: 'ben' }]
  assert.deepEqual(await members(), both)
  await Promise.all([anna.close(), tab.close()])
  await gateway.until('both closed', () => gateway.lines.filter(({ msg }) => msg === 'closed').length === 2)
  assert.deepEqual(await members(), both)
  assert.equal(await run(guest, 'return gateway.group("a").size'), 2)
  // It is the caller's own.
  await run(guest, 'const { members } = gateway.group("a"); members[0].info.n = 2; members.length = 0')
  assert.deepEqual(await members(), both)
})
