/** onGroupJoin and onGroupLeave: once for each user and group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFiles } from '../support/gateway.ts'
import { enter, run, scripted, startScripted, told, toldSoFar } from './scripted.ts'

const grace = (ms: number) => ({ WS_PRESENCE_GRACE_MS: String(ms) })
/** Longer than any test. */
const LONG = grace(600_000)

test('two tabs are one member; the last one to go is the leave', async t => {
  const gateway = await startScripted(t, grace(0))
  const first = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const second = await enter(t, gateway, { user: 'anna', groups: ['a', 'b'] })
  await enter(t, gateway, { groups: ['a'] })
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  await first.close()
  await gateway.line(line => line.msg === 'closed')
  await run(second, 'conn.leave("a")')
  assert.deepEqual(await told(gateway, 4), ['joined a anna', 'joined b anna', 'joined a ben', 'left a anna'])
  await second.close()
  assert.equal((await told(gateway, 5))[4], 'left b anna')
  const { connections, users, members } = (await gateway.call('GET', '/groups/a/members')).body
  assert.deepEqual([connections, users, members], [2, 1, [{ user: 'ben' }]])
})

test('a reload of the page is no leave, and still a member meanwhile', async t => {
  const gateway = await startScripted(t, LONG)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await run(anna, 'conn.info = 1')
  await anna.close()
  await gateway.line(line => line.msg === 'closed')
  const meanwhile = (await gateway.call('GET', '/groups/a/members')).body
  assert.deepEqual([meanwhile.connections, meanwhile.members.map(userOf)], [0, ['anna']])
  await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  assert.deepEqual(await told(gateway, 2), ['joined a anna', 'joined a ben'])
})

test('whoever does not come back has left after WS_PRESENCE_GRACE_MS, and not before', async t => {
  const gateway = await startScripted(t, grace(500))
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const ben = await enter(t, gateway, { user: 'ben', groups: ['a'] })
  const begun = performance.now()
  await run(ben, 'conn.leave("a")')
  await anna.close()
  const lines = await told(gateway, 4)
  assert.ok(performance.now() - begun >= 490, 'the leave came early')
  assert.deepEqual(new Set(lines.slice(2)), new Set(['left a anna', 'left a ben']))
  const { users, members } = (await gateway.call('GET', '/groups/a/members')).body
  assert.deepEqual([users, members], [0, []])
  // And whoever comes now has come anew.
  await enter(t, gateway, { user: 'anna', groups: ['a'] })
  assert.equal((await told(gateway, 5))[4], 'joined a anna')
})

test('the time begins anew with each leave', async t => {
  const gateway = await startScripted(t, grace(600))
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  // Somebody whose leave says that a time is over which has begun later than the first one of Anna's.
  const clock = await enter(t, gateway, { user: 'clock', groups: ['1'] })
  // In one turn, so that no time at all passes before she is back.
  await run(
    anna,
    `conn.leave("a"); gateway.connections.get(${JSON.stringify(clock.id)}).leave("1"); conn.join("a")`,
  )
  await gateway.line(({ msg, group }) => msg === 'left' && group === '1')
  assert.ok(!toldSoFar(gateway).includes('left a anna'))
  const begun = performance.now()
  await run(anna, 'conn.leave("a")')
  await gateway.line(({ msg, user }) => msg === 'left' && user === 'anna')
  assert.ok(performance.now() - begun >= 590)
})

test('joining and leaving at once, several times, is one join', async t => {
  const gateway = await startScripted(t, LONG)
  const anna = await enter(t, gateway, { user: 'anna' })
  await run(anna, 'for (let n = 0; n < 10; n++) { conn.join("a"); conn.leave("a") } conn.join("a")')
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  assert.deepEqual(await told(gateway, 2), ['joined a anna', 'joined a ben'])
})

test('who becomes somebody, or somebody else, while in a group', async t => {
  const gateway = await startScripted(t, grace(0))
  const anna = await enter(t, gateway, { groups: ['a', 'b'] })
  assert.deepEqual(toldSoFar(gateway), [])
  await run(anna, 'conn.user = "anna"')
  assert.deepEqual(sorted(await told(gateway, 2)), ['joined a anna', 'joined b anna'])
  await run(anna, 'conn.user = "anna"; conn.leave("b")')
  assert.equal((await told(gateway, 3))[2], 'left b anna')
  await run(anna, 'conn.user = "ben"')
  assert.deepEqual(sorted((await told(gateway, 5)).slice(3)), ['joined a ben', 'left a anna'])
  await run(anna, 'conn.user = undefined')
  assert.equal((await told(gateway, 6))[5], 'left a ben')
  const { connections, users, members } = (await gateway.call('GET', '/groups/a/members')).body
  assert.deepEqual([connections, users, members], [1, 0, []])
})

test('a reload of the listener is told to nobody, and the new version hears of what comes', async t => {
  const gateway = await startScripted(t, grace(0))
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await told(gateway, 1)
  writeFiles(`${gateway.folder}/listener`, { 'listener.mjs': scripted.replace("'left')", "'gone')") })
  await gateway.call('POST', '/reload')
  await anna.close()
  const { group, user } = await gateway.line(line => line.msg === 'gone')
  assert.deepEqual([group, user], ['a', 'anna'])
  assert.deepEqual(toldSoFar(gateway), ['joined a anna'])
})

function userOf({ user }: { readonly user: string }): string {
  return user
}

function sorted(lines: readonly string[]): string[] {
  return [...lines].sort()
}
