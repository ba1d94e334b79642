/** What becomes of groups when connections close, and when the listener is reloaded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFiles } from '../support/gateway.ts'
import { enter, run, scripted, startScripted, texts } from './scripted.ts'

test('a connection that closes leaves its groups, and onClientClose still sees them', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['b', 'a'] })
  const ben = await enter(t, gateway, { user: 'ben', groups: ['a'] })
  await anna.close()
  const closed = await gateway.line(line => line.msg === 'closed')
  assert.deepEqual([closed.groups, closed.user], [['b', 'a'], 'anna'])
  const sizes = 'return [gateway.group("a").size, gateway.group("b").size]'
  assert.deepEqual(await run(ben, sizes), [1, 0])
  assert.deepEqual((await gateway.push({ message: 'x', groups: ['a', 'b'] })).body, { recipients: 1 })
  assert.deepEqual((await gateway.push({ message: 'y', users: ['anna'] })).body, { recipients: 0 })
  assert.deepEqual(
    (await gateway.call('GET', '/groups')).body.groups.map(({ name }: { name: string }) => name),
    ['a'],
  )
})

test('one that is cut off does as well', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  const ben = await enter(t, gateway)
  anna.ws.terminate()
  const closed = await gateway.line(line => line.msg === 'closed')
  assert.deepEqual(closed.groups, ['a'])
  assert.equal(await run(ben, 'return gateway.group("a").size'), 0)
})

test('on a closing connection join and leave have no effect, and do not throw', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  // It is closing from this moment on, though it is told of only later.
  const closing = `conn.close(); conn.join('b'); conn.leave('a')
    gateway.log.info({ groups: conn.groups, size: gateway.group('b').size }, 'closing')`
  anna.send(`do ${closing}`)
  assert.equal((await anna.closed).code, 1000)
  const { groups, size } = await gateway.line(line => line.msg === 'closing')
  assert.equal(size, 0)
  const closed = await gateway.line(line => line.msg === 'closed')
  assert.ok(!(groups as string[]).includes('b'))
  assert.deepEqual(closed.groups, ['a'])
})

test('a connection that is gone joins nothing', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['a'] })
  const ben = await enter(t, gateway)
  await run(anna, 'gateway.state.kept = conn')
  await anna.close()
  await gateway.line(line => line.msg === 'closed')
  const late = `const { kept } = gateway.state
    kept.join('late'); kept.leave('a'); kept.user = 'late'; kept.info = 1
    return [gateway.group('late').size, gateway.group('a').size, gateway.connections.size]`
  assert.deepEqual(await run(ben, late), [0, 0, 1])
  assert.deepEqual((await gateway.push({ message: 'x', groups: ['late'], users: ['late'] })).body, {
    recipients: 0,
  })
  assert.deepEqual((await gateway.call('GET', '/groups')).body, { groups: [] })
  assert.equal((await gateway.call('GET', '/status')).body.users, 0)
})

test('onMessage of a connection that has closed meanwhile reaches the group all the same', async t => {
  const more = `const original = onMessage
export default { onMessage: async (data, gateway) => {
  if (data.message !== 'last words') return original(data, gateway)
  gateway.log.info('heard')
  await new Promise(done => { gateway.state.goOn = done })
  data.groups = data.conn.groups
} }`
  const listener = scripted.replace('export const onMessage', 'const onMessage')
  const gateway = await startScripted(t)
  writeFiles(`${gateway.folder}/listener`, { 'listener.mjs': listener + more })
  await gateway.call('POST', '/reload')
  const anna = await enter(t, gateway, { groups: ['a'] })
  const ben = await enter(t, gateway, { groups: ['a'] })
  anna.send('last words')
  await gateway.line(line => line.msg === 'heard')
  anna.ws.terminate()
  await gateway.line(line => line.event === 'client.close')
  await run(ben, 'gateway.state.goOn()')
  await gateway.line(line => line.msg === 'closed')
  assert.deepEqual(await texts(ben), ['last words'])
})

test('a reload keeps groups, users and infos', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a', 'b'] })
  await run(anna, 'conn.info = { name: "Anna" }')
  writeFiles(`${gateway.folder}/listener`, { 'listener.mjs': `${scripted}// another version` })
  assert.equal((await gateway.call('POST', '/reload')).body.listener.error, null)
  await gateway.line(line => line.msg === 'unloaded')
  assert.deepEqual(await run(anna, 'return [conn.groups, conn.user, conn.info, gateway.group("a").size]'), [
    ['a', 'b'],
    'anna',
    { name: 'Anna' },
    1,
  ])
  assert.deepEqual((await gateway.push({ message: 'x', groups: ['a'] })).body, { recipients: 1 })
  const { connections } = (await gateway.call('GET', '/connections')).body
  const [{ groups, user, info }] = connections
  assert.deepEqual([groups, user, info], [['a', 'b'], 'anna', { name: 'Anna' }])
})
