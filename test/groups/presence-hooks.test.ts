/** What the presence hooks may do, what becomes of their faults, and what a stop tells them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { enter, run, scripted, startScripted, texts, told } from './scripted.ts'

test('a hook may push to the group; by itself it sends nothing', async t => {
  const more = `
export default {
  onGroupJoin: (data, gateway) => {
    gateway.log.info({ keys: Object.keys(data).sort() }, 'told')
    gateway.push({ message: data.user + ' has come', groups: [data.group], users: [] })
    return 'not sent'
  },
}`
  const listener = scripted.replace(/export const onGroupJoin.*\n/, '')
  const gateway = await startGateway(t, { listener: { 'listener.mjs': listener + more } })
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  const guest = await enter(t, gateway)
  await run(guest, 'conn.join("a")')
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  await anna.messages(3)
  assert.deepEqual(await texts(anna), ['anna has come', 'ben has come'])
  assert.deepEqual(await texts(guest), ['ben has come'])
})

test('a hook that throws or rejects is a fault like others, and presence goes on', async t => {
  const more = `
export const onError = (error, data, gateway) => gateway.log.info({ group: data.group, text: error.message }, 'onError')`
  const listener = scripted
    .replace(/export const onGroupJoin.*\n/, `export const onGroupJoin = () => { throw new Error('no') }\n`)
    .replace(
      /export const onGroupLeave.*\n/,
      `export const onGroupLeave = async () => { throw new Error('never') }\n`,
    )
  const gateway = await startGateway(t, {
    env: { WS_PRESENCE_GRACE_MS: '0' },
    listener: { 'listener.mjs': listener + more },
  })
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  assert.deepEqual(await run(anna, 'return conn.groups'), ['a'])
  assert.equal((await gateway.push({ message: 'x', groups: ['a'] })).body.recipients, 1)
  await anna.close()
  const faults = await gateway.events('listener.error', 2)
  assert.match(String(faults[0]?.msg), /onGroupJoin failed: no/)
  assert.match(String(faults[1]?.msg), /onGroupLeave failed: never/)
  assert.match(JSON.stringify(faults[0]?.err), /listener\.mjs:\d+/)
  const told = await gateway.until('both told', () => {
    const lines = gateway.lines.filter(({ msg }) => msg === 'onError')
    return lines.length === 2 && lines
  })
  assert.deepEqual(
    told.map(({ group, text }) => [group, text]),
    [
      ['a', 'no'],
      ['a', 'never'],
    ],
  )
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.equal(counters.listenerErrors, 2)
})

test('a hook that takes too long holds up nobody', async t => {
  const slow = `export const onGroupJoin = (data, gateway) => {
  gateway.log.info(data, 'joined')
  if (data.user === 'slow') return new Promise(() => undefined)
}\n`
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_TIMEOUT_MS: '300' },
    listener: { 'listener.mjs': scripted.replace(/export const onGroupJoin.*\n/, slow) },
  })
  const anna = await enter(t, gateway, { user: 'slow', groups: ['a'] })
  await enter(t, gateway, { user: 'ben', groups: ['a'] })
  assert.deepEqual(await told(gateway, 2), ['joined a slow', 'joined a ben'])
  assert.equal(await run(anna, 'return 1'), 1)
  assert.match(String((await gateway.event('listener.error')).msg), /onGroupJoin/)
})

for (const how of ['SIGTERM', 'stop'] as const) {
  test(`${how}: the leaves are told before onUnload, without any grace`, async t => {
    const gateway = await startScripted(t, {
      WS_PRESENCE_GRACE_MS: '600000',
      WS_SHUTDOWN_TIMEOUT_MS: '60000',
    })
    const anna = await enter(t, gateway, { user: 'anna', groups: ['a', 'b'] })
    await enter(t, gateway, { user: 'ben', groups: ['a'] })
    await told(gateway, 3)
    // She is in her grace when it stops.
    await anna.close()
    await gateway.line(line => line.msg === 'closed')
    const begun = performance.now()
    if (how === 'SIGTERM') assert.equal((await gateway.stop()).code, 0)
    else assert.equal((await gateway.call('POST', '/stop')).body.state, 'stopped')
    assert.ok(performance.now() - begun < 20_000, 'it waited for the grace')
    const lines = (await told(gateway, 6)).slice(3)
    assert.deepEqual(lines.sort(), ['left a anna', 'left a ben', 'left b anna'])
    const unloaded = await gateway.until('onUnload', () => {
      const at = gateway.lines.findIndex(({ msg }) => msg === 'unloaded')
      return at >= 0 && at
    })
    assert.ok(gateway.lines.findLastIndex(({ msg }) => msg === 'left') < unloaded)
    if (how === 'SIGTERM') return
    await gateway.call('POST', '/start')
    const next = await enter(t, gateway, { user: 'anna', groups: ['a'] })
    assert.equal((await told(gateway, 7))[6], 'joined a anna')
    await next.close()
  })
}
