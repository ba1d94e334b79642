import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { residentBytes, startGateway } from '../support/gateway.ts'

/** A listener that sends as much as it is asked to, in one turn, to those who have asked for it before. */
const sender = {
  'listener.mjs': `export const onMessage = (data, gateway) => {
    const { count, bytes, to } = JSON.parse(data.message)
    for (let i = 0; i < count; i++) gateway.connections.get(to ?? data.conn.id)?.send(i + ' ' + 'x'.repeat(bytes))
    data.message = null
  }`,
}

test('what one turn queues is written first, and a frame is always taken when nothing is buffered', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_BUFFERED_BYTES: '1000' }, listener: sender })
  const client = await connect(t, gateway.url)
  client.send(JSON.stringify({ count: 300, bytes: 100_000 }))
  const got = await client.messages(300)
  assert.ok(got.every((message, i) => String(message).startsWith(`${i} `)))
  client.send(JSON.stringify({ count: 1, bytes: 20_000_000 }))
  assert.equal(String((await client.messages(301))[300]).length, 20_000_002)
})

test('a stalled client is closed with 1013, and the others get everything', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_BUFFERED_BYTES: '1000000' } })
  const stalled = await connect(t, gateway.url)
  const { conn } = await gateway.event('client.open')
  const healthy = await connect(t, gateway.url)
  stalled.ws.pause()
  const text = 'x'.repeat(100_000)
  let sent = 0
  const closed = async (): Promise<number> =>
    (await gateway.call('GET', '/status')).body.counters.slowConsumersClosed
  while ((await closed()) === 0) {
    assert.ok(sent < 500, 'it is never closed')
    await gateway.push({ message: text })
    await healthy.messages(++sent)
  }
  const line = await gateway.event('client.close')
  assert.equal(line.conn, conn)
  assert.equal(line.code, 1013)
  assert.equal(await closed(), 1)
})

test('WS_SLOW_CONSUMER=drop leaves messages out for that client alone, and counts them', async t => {
  const gateway = await startGateway(t, {
    env: { WS_MAX_BUFFERED_BYTES: '1000000', WS_SLOW_CONSUMER: 'drop' },
  })
  const stalled = await connect(t, gateway.url)
  const healthy = await connect(t, gateway.url)
  stalled.ws.pause()
  const text = 'x'.repeat(100_000)
  const dropped = async (): Promise<number> =>
    (await gateway.call('GET', '/status')).body.counters.slowConsumerDrops
  let sent = 0
  while ((await dropped()) < 5) {
    assert.ok(sent < 500, 'nothing is dropped')
    await gateway.push({ message: `${sent} ${text}` })
    await healthy.messages(++sent)
  }
  const drops = await dropped()
  stalled.ws.resume()
  await stalled.messages(sent - drops)
  await gateway.push({ message: 'last' })
  const got = await stalled.messages(sent - drops + 1)
  assert.equal(got.at(-1), 'last')
  assert.equal(stalled.ws.readyState, 1)
})

test('memory stays bounded with a hundred stalled clients and a fast publisher', async t => {
  const bound = 1_000_000
  for (const mode of ['close', 'drop']) {
    const gateway = await startGateway(t, {
      env: { WS_MAX_BUFFERED_BYTES: String(bound), WS_SLOW_CONSUMER: mode },
    })
    const stalled = await Promise.all(Array.from({ length: 100 }, () => connect(t, gateway.url)))
    for (const client of stalled) client.ws.pause()
    const healthy = await connect(t, gateway.url)
    const before = residentBytes(gateway.child.pid)
    let most = 0
    for (let i = 0; i < 300; i++) {
      await gateway.push({ message: 'x'.repeat(100_000) })
      most = Math.max(most, residentBytes(gateway.child.pid))
    }
    await healthy.messages(300)
    // Everything that was sent to all would be 3 GB; within the bound, with all clients sharing nothing, 100 MB.
    assert.ok(most - before < 100 * bound + 150_000_000, `${mode}: grew by ${(most - before) / 1e6} MB`)
    await gateway.stop('SIGKILL')
  }
})

/** A masked ping with this payload (RFC 6455 §5.5.2). */
function ping(payload: string): Buffer {
  return Buffer.concat([Buffer.from([0x89, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
}

test('a client that pings and reads no answers cannot fill the memory, and is not cut off for it', async t => {
  const gateway = await startGateway(t, { env: { WS_HEARTBEAT_MS: '0' } })
  for (const payload of ['', 'x'.repeat(125)]) {
    const client = await connect(t, gateway.url)
    const raw = (client.ws as unknown as { _socket: Socket })._socket
    const before = residentBytes(gateway.child.pid)
    client.ws.pause()
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => ping(payload)))
    for (let i = 0; i < 60; i++) await new Promise(done => raw.write(many, done))
    assert.ok(residentBytes(gateway.child.pid) - before < 60_000_000)
    raw.write(ping('the last'))
    const answered = new Promise<void>(done =>
      client.ws.on('pong', data => String(data) === 'the last' && done()),
    )
    client.ws.resume()
    await answered
  }
})

test('many tiny messages for a client that does not read are bounded as well', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_BUFFERED_BYTES: '4194304' } })
  const stalled = await connect(t, gateway.url)
  stalled.ws.pause()
  const before = residentBytes(gateway.child.pid)
  // Fills the kernel's buffers first, so that each tiny one after it waits in memory.
  for (let i = 0; i < 8; i++) await gateway.push({ message: 'x'.repeat(900_000) })
  const healthy = await connect(t, gateway.url)
  let sent = 0
  while (stalled.ws.readyState === 1 && sent < 100_000) {
    for (let i = 0; i < 100; i++) healthy.send('x')
    sent += 100
    await healthy.messages(sent, 30_000)
    if (gateway.lines.some(line => line.event === 'client.close')) break
  }
  assert.ok(residentBytes(gateway.child.pid) - before < 80_000_000)
})
