/** sendGatewayMessage when the connection to the gateway breaks. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { GatewayError, sendGatewayMessage } from '../src/client.ts'
import { connect } from './support/client.ts'
import { startGateway } from './support/gateway.ts'
import { unsteady } from './support/unsteady.ts'

for (const fate of ['lose the answer', 'lose the call', 'half an answer'] as const) {
  test(`${fate}: it comes again with the same key, and is pushed once`, async t => {
    const gateway = await startGateway(t)
    const client = await connect(t, gateway.url)
    const { controlDir, keys } = await unsteady(t, gateway, [fate])
    assert.deepEqual(await sendGatewayMessage('websocket', { message: 'a' }, { controlDir }), {
      recipients: 1,
    })
    assert.deepEqual(await sendGatewayMessage('websocket', { message: 'a' }, { controlDir }), {
      recipients: 1,
    })
    const [first, again, other] = keys()
    assert.ok(first)
    assert.equal(again, first)
    assert.ok(other && other !== first)
    await client.messages(2)
    await client.settled()
    assert.deepEqual(client.got, ['a', 'a'])
  })
}

test('a gateway that never answers any call is told in the end, as one without a status', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const { controlDir, keys } = await unsteady(t, gateway, Array(1000).fill('lose the answer'))
  await assert.rejects(sendGatewayMessage('websocket', { message: 'a' }, { controlDir }), error => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.status, undefined)
    return true
  })
  assert.equal(new Set(keys()).size, 1)
  await client.messages(1)
  await client.settled()
  assert.deepEqual(client.got, ['a'])
})

test('it comes again while the first call is still under way, and waits for the same answer', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `export const onMessage = async (data, gateway) => {
        gateway.log.info('asked')
        if (data.go) gateway.state.go()
        else await new Promise(done => { gateway.state.go = done })
      }`,
    },
  })
  const client = await connect(t, gateway.url)
  const { controlDir, keys, cutOff, server } = await unsteady(t, gateway, ['pass on'])
  const sent = sendGatewayMessage('websocket', { message: 'a' }, { controlDir })
  await gateway.line(line => line.msg === 'asked')
  const again = once(server, 'call')
  cutOff()
  await again
  await gateway.push({ message: null, go: true })
  assert.deepEqual(await sent, { recipients: 1 })
  assert.equal(keys()[1], keys()[0])
  await client.messages(1)
  await client.settled()
  assert.deepEqual(client.got, ['a'])
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.equal(counters.pushes, 2)
})
