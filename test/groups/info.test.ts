/** conn.info: what others may see of a user. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, run, startScripted, told } from './scripted.ts'

test('any JSON value; null and undefined clear it', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  assert.equal(await run(anna, 'return String(conn.info)'), 'undefined')
  for (const value of ['"text"', '0', 'false', '""', '[1,{"a":null}]', '{"name":"Anna"}']) {
    assert.deepEqual(await run(anna, `conn.info = ${value}; return conn.info`), JSON.parse(value))
    const { members } = (await gateway.call('GET', '/groups/a/members')).body
    assert.deepEqual(members, [{ user: 'anna', info: JSON.parse(value) }], value)
    assert.deepEqual((await gateway.call('GET', `/connections/${anna.id}`)).body.info, JSON.parse(value))
  }
  for (const nothing of ['null', 'undefined']) {
    await run(anna, 'conn.info = 1')
    assert.equal(await run(anna, `conn.info = ${nothing}; return String(conn.info)`), 'undefined')
    assert.deepEqual((await gateway.call('GET', '/groups/a/members')).body.members, [{ user: 'anna' }])
    assert.ok(!('info' in (await gateway.call('GET', `/connections/${anna.id}`)).body))
  }
})

test('at most 4096 bytes of JSON; what has no JSON is a TypeError; neither changes anything', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await run(anna, 'conn.info = "before"')
  const cases: [string, RegExp][] = [
    ['"x".repeat(4095)', /^RangeError: .*4096/],
    ['"é".repeat(2048)', /^RangeError: .*4096/],
    ['{ a: "x".repeat(5000) }', /^RangeError: /],
    ['() => 1', /^TypeError: ./],
    ['Symbol()', /^TypeError: ./],
    ['1n', /^TypeError: ./],
    ['(() => { const a = {}; a.a = a; return a })()', /^TypeError: ./],
    ['{ toJSON: () => undefined }', /^TypeError: ./],
  ]
  for (const [value, fault] of cases) {
    assert.match(String(await run(anna, `conn.info = ${value}`)), fault, value)
    assert.equal(await run(anna, 'return conn.info'), 'before')
  }
  assert.equal(await run(anna, 'conn.info = "x".repeat(4094); return conn.info.length'), 4094)
  assert.equal(await run(anna, 'conn.info = "é".repeat(2047); return conn.info.length'), 2047)
})

test('what is set is a copy, as its JSON has it', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const code = `const own = { name: 'Anna', when: new Date(0), gone: undefined }
    conn.info = own
    own.name = 'Ben'
    return conn.info`
  const info = { name: 'Anna', when: '1970-01-01T00:00:00.000Z' }
  assert.deepEqual(await run(anna, code), info)
  // Changing what it gives may throw or not, but changes nothing that others see.
  await run(anna, 'conn.info.name = "Carl"')
  assert.deepEqual((await gateway.call('GET', '/groups/a/members')).body.members, [{ user: 'anna', info }])
})

test('the hooks are told; of several connections, what was set last counts', async t => {
  const gateway = await startScripted(t, { WS_PRESENCE_GRACE_MS: 'off' })
  const anna = await enter(t, gateway, { user: 'anna' })
  const tab = await enter(t, gateway, { user: 'anna' })
  await run(anna, 'conn.info = { n: 1 }; conn.join("a")')
  await run(tab, 'conn.info = { n: 2 }; conn.join("a")')
  const infoOf = async () => (await gateway.call('GET', '/groups/a/members')).body.members[0].info
  assert.deepEqual(await infoOf(), { n: 2 })
  await run(anna, 'conn.info = { n: 3 }')
  assert.deepEqual(await infoOf(), { n: 3 })
  await anna.close()
  await gateway.line(line => line.msg === 'closed')
  await run(tab, 'conn.info = { n: 4 }')
  assert.deepEqual(await infoOf(), { n: 4 })
  await tab.close()
  assert.deepEqual(await told(gateway, 2), ['joined a anna {"n":1}', 'left a anna {"n":4}'])
})

test('what a user showed last is told with the leave, also when the connection is gone for long', async t => {
  const gateway = await startScripted(t, { WS_PRESENCE_GRACE_MS: '200' })
  const anna = await enter(t, gateway, { user: 'anna' })
  await run(anna, 'conn.join("a"); conn.info = "shown later"')
  await anna.close()
  assert.deepEqual(await told(gateway, 2), ['joined a anna', 'left a anna "shown later"'])
})

test('who comes back in time without an info has the one from before, whoever asks', async t => {
  const gateway = await startScripted(t, { WS_PRESENCE_GRACE_MS: '60000' })
  const ben = await enter(t, gateway)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await run(anna, 'conn.info = 1')
  await anna.close()
  await enter(t, gateway, { user: 'anna', groups: ['a'] })
  for (const scope of ['node', 'cluster']) {
    const { body } = await gateway.call('GET', `/groups/a/members?scope=${scope}`)
    assert.deepEqual(body.members, [{ user: 'anna', info: 1 }], scope)
  }
  assert.deepEqual(await run(ben, "return gateway.group('a').members"), [{ user: 'anna', info: 1 }])
})
