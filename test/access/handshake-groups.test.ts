/** data.groups of onClientHandshake: the groups that a connection will be in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

/** Does what the query says to the handshake's `data`; the connection then tells its groups, first thing. */
const listener = {
  'listener.mjs': `export const onClientHandshake = async data => {
  const code = new URLSearchParams(data.request.query).get('do')
  return await new Function('data', code ?? '')(data)
}
export const onClientOpen = ({ conn }, gateway) => {
  conn.send([conn.groups, conn.groups.map(name => gateway.group(name).size)])
}
export const onGroupJoin = (data, gateway) => gateway.log.info(data, 'joined')`,
}

const asking = (code: string): string => `?do=${encodeURIComponent(code)}`

test('they may be added to, taken from, and set', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/ws/:group' } })
  const cases: [string, string[]][] = [
    ['', ['news']],
    ['data.groups.push("a")', ['news', 'a']],
    ['data.groups = ["a", "b", "a"]', ['a', 'b']],
    ['data.groups.length = 0', []],
    ['data.groups = data.groups.map(name => name + "!")', ['news!']],
    ['return Promise.resolve().then(() => data.groups.push("late"))', ['news', 'late']],
  ]
  for (const [code, groups] of cases) {
    const client = await connect(t, `${gateway.url}/ws/news${asking(code)}`)
    const [text] = await client.messages(1)
    assert.deepEqual(JSON.parse(String(text))[0], groups, code)
    await client.close()
    await gateway.until('closed', () => gateway.lines.findLast(line => line.event === 'client.close'))
  }
})

test('it is an empty array where nothing else gives any, and what is pushed there counts from the start', async t => {
  const gateway = await startGateway(t, { listener })
  const code =
    'if (!Array.isArray(data.groups) || data.groups.length) throw 1; data.groups.push("a"); data.user = "anna"'
  const client = await connect(t, gateway.url + asking(code))
  const [text] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(text)), [['a'], [1]])
  const { group, user } = await gateway.line(line => line.msg === 'joined')
  assert.deepEqual([group, user], ['a', 'anna'])
})

test('what is no array of names is a fault, and refuses the client', async t => {
  const gateway = await startGateway(t, { listener })
  const bad = ['"a"', '{}', 'null', '[1]', '[""]', '["a", {}]', '["x".repeat(257)]', '["\\ud800"]']
  for (const value of bad) {
    const from = gateway.lines.length
    assert.equal(await refused(gateway.url + asking(`data.groups = ${value}`)), 401, value)
    assert.match(String((await gateway.event('listener.error', from)).msg), /groups/)
  }
  assert.deepEqual((await gateway.call('GET', '/groups')).body, { groups: [] })
})

test('data.info is what others see from the start, and one that cannot be shown refuses the client', async t => {
  const gateway = await startGateway(t, { listener })
  const code = 'data.user = "anna"; data.groups = ["a"]; data.info = { name: "Anna" }'
  await connect(t, gateway.url + asking(code))
  const { info } = await gateway.line(line => line.msg === 'joined')
  assert.deepEqual(info, { name: 'Anna' })
  const members = [{ user: 'anna', info: { name: 'Anna' } }]
  assert.deepEqual((await gateway.call('GET', '/groups/a/members')).body.members, members)
  for (const value of ['"x".repeat(4095)', '() => 1', '1n']) {
    assert.equal(await refused(gateway.url + asking(`data.info = ${value}`)), 401, value)
  }
  assert.match(String((await gateway.event('listener.error')).msg), /data\.info/)
})

test('who is refused was in no group', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/ws/:group' } })
  const code = 'data.user = "anna"; data.groups.push("a"); return false'
  assert.equal(await refused(`${gateway.url}/ws/news${asking(code)}`), 401)
  const client = await connect(t, `${gateway.url}/ws/news${asking('data.user = "ben"')}`)
  const [text] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(text)), [['news'], [1]])
  await gateway.line(line => line.msg === 'joined')
  assert.deepEqual(
    gateway.lines.filter(line => line.msg === 'joined').map(({ user }) => user),
    ['ben'],
  )
})
