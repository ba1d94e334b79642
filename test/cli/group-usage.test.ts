/** What the commands for groups and users refuse, and what programs read of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, run, startScripted } from '../groups/scripted.ts'
import { cli } from '../support/cli.ts'

test('wrong words are exit 2, what the gateway refuses is exit 1; neither does anything', async t => {
  const gateway = await startScripted(t)
  const ben = await enter(t, gateway, { user: 'ben', groups: ['a'] })
  const cases: [string[], number, RegExp][] = [
    [['close'], 2, /missing/],
    [['close', ben.id, '--user', 'ben'], 2, /./],
    [['close', '--user', 'ben', '--code', '1006'], 1, /1006/],
    [['groups', 'a', 'b'], 2, /./],
    [['groups', 'x'.repeat(257)], 1, /256/],
    [['push', '--data', '{"message": 1, "groups": "a"}', '--group', 'a'], 1, /"groups" takes an array/],
    [['push', '--data', '{"message": 1, "users": {}}', '--user', 'ben'], 1, /"users" takes an array/],
    [['push', '--data', '{"message": 1, "groups": [1]}'], 1, /"groups/],
    [['push', '--group', 'a'], 2, /nothing to push/],
  ]
  for (const [words, code, text] of cases) {
    const ended = await cli({ cwd: gateway.folder }, ...words)
    assert.deepEqual([ended.code, ended.out], [code, ''], words.join(' ').slice(0, 60))
    assert.match(ended.err, text)
  }
  assert.equal(await run(ben, 'return conn.isOpen'), true)
  assert.equal((await gateway.call('GET', '/status')).body.counters.pushes, 0)
})

test('--json prints the answers as they came', async t => {
  const gateway = await startScripted(t)
  const cwd = gateway.folder
  const group = 'a/b ü'
  const anna = await enter(t, gateway, { user: 'anna', groups: [group] })
  await run(anna, 'conn.info = { name: "Anna" }')
  await enter(t, gateway, { user: 'anna', groups: [group, 'Z'] })
  const { groups } = JSON.parse((await cli({ cwd }, 'groups', '--json')).out)
  assert.deepEqual(groups, [
    { name: 'Z', connections: 1, users: 1 },
    { name: group, connections: 2, users: 1 },
  ])
  const members = JSON.parse((await cli({ cwd }, 'groups', group, '--json')).out)
  const expected = { group, connections: 2, users: 1, members: [{ user: 'anna', info: { name: 'Anna' } }] }
  assert.deepEqual(members, expected)
  const closed = JSON.parse((await cli({ cwd }, 'close', '--user', 'anna', '--json')).out)
  assert.deepEqual(closed, { user: 'anna', connections: 2, code: 1000, reason: '' })
})
