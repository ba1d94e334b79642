import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { constants, deflateRawSync } from 'node:zlib'
import { type Client, connect } from '../support/client.ts'
import { residentBytes, startGateway } from '../support/gateway.ts'

/** Bytes that have come over the wire. */
function wireBytes(client: Client): number {
  return (client.ws as unknown as { _socket: Socket })._socket.bytesRead
}

const on = { env: { WS_COMPRESSION: 'on' } }
const text = (i: number, length: number): string => `${i} ${'compressible text '.repeat(length / 18)}`

test('clients with and without compression get the same messages in the same order', async t => {
  const gateway = await startGateway(t, on)
  const clients = [
    await connect(t, gateway.url, [], { perMessageDeflate: true }),
    await connect(t, gateway.url, [], { perMessageDeflate: { serverMaxWindowBits: 10 } }),
    await connect(t, gateway.url, [], { perMessageDeflate: { clientNoContextTakeover: true } }),
    await connect(t, gateway.url, [], { perMessageDeflate: false }),
  ]
  const [first, , , plain] = clients
  assert.ok(first && plain)
  assert.match(first.ws.extensions, /permessage-deflate/)
  assert.equal(plain.ws.extensions, '')
  const sent = Array.from({ length: 60 }, (_, i) => text(i, i % 4 === 0 ? 90_000 : i % 4 === 1 ? 36 : 3600))
  for (const message of sent) first.send(message)
  for (const client of clients) assert.deepEqual(await client.messages(sent.length), sent)
  assert.ok(wireBytes(first) < wireBytes(plain) / 10, `${wireBytes(first)} of ${wireBytes(plain)}`)
  await gateway.push({ message: text(99, 9000), connections: undefined })
  for (const client of clients) assert.equal((await client.messages(61))[60], text(99, 9000))
})

test('off by default, and a message that is not large enough is not compressed', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url, [], { perMessageDeflate: true })
  assert.equal(client.ws.extensions, '')
})

test('what was sent before a close arrives before it', async t => {
  const gateway = await startGateway(t, {
    ...on,
    listener: {
      'listener.mjs': `export const onMessage = data => {
        for (let i = 0; i < 20; i++) data.conn.send(i + ' ' + 'compressible text '.repeat(2000))
        data.conn.close(4000, 'enough')
      }`,
    },
  })
  const client = await connect(t, gateway.url, [], { perMessageDeflate: true })
  client.send('go')
  assert.deepEqual(await client.closed, { code: 4000, reason: 'enough' })
  assert.deepEqual(
    client.got.map(message => Number.parseInt(String(message), 10)),
    Array.from({ length: 20 }, (_, i) => i),
  )
  const plain = await startGateway(t, on)
  const stays = await connect(t, plain.url, [], { perMessageDeflate: true })
  await plain.push({ message: text(1, 50_000) })
  await plain.stop()
  assert.equal((await stays.closed).code, 1001)
  assert.ok(stays.got.length === 1 && stays.got[0] === text(1, 50_000))
})

test('a compressed message is inflated no further than the payload limit', async t => {
  const gateway = await startGateway(t, { env: { WS_COMPRESSION: 'on', WS_MAX_PAYLOAD_BYTES: '100000' } })
  const honest = await connect(t, gateway.url)
  const before = residentBytes(gateway.child.pid)
  // 200 MB of zeros in 200 kB.
  const bomb = deflateRawSync(Buffer.alloc(200_000_000))
  for (let i = 0; i < 5; i++) {
    const client = await connect(t, gateway.url, [], { perMessageDeflate: true })
    const socket = (client.ws as unknown as { _socket: Socket })._socket
    const part = bomb.subarray(0, 90_000)
    const head = Buffer.alloc(14)
    head[0] = 0xc2
    head[1] = 0x80 | 127
    head.writeUInt32BE(part.length, 6)
    socket.write(Buffer.concat([head, part]))
    assert.equal((await client.closed).code, 1009)
  }
  assert.ok(residentBytes(gateway.child.pid) - before < 60_000_000)
  honest.ws.ping()
  await once(honest.ws, 'pong')
})

test('what is read but not worked off is not inflated either', async t => {
  const gateway = await startGateway(t, {
    env: { ...on.env, WS_LISTENER_TIMEOUT_MS: '600000' },
    listener: { 'listener.mjs': 'export const onMessage = () => new Promise(() => {})' },
  })
  const before = residentBytes(gateway.child.pid)
  const part = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
    0,
    -4,
  )
  const head = Buffer.alloc(8)
  head[0] = 0xc2
  head[1] = 0x80 | 126
  head.writeUInt16BE(part.length, 2)
  const frame = Buffer.concat([head, part])
  for (let i = 0; i < 10; i++) {
    const client = await connect(t, gateway.url, [], { perMessageDeflate: true })
    const socket = (client.ws as unknown as { _socket: Socket })._socket
    await new Promise(done => socket.write(Buffer.concat(Array.from({ length: 58 }, () => frame)), done))
  }
  const end = Date.now() + 2000
  let most = 0
  while (Date.now() < end) {
    most = Math.max(most, residentBytes(gateway.child.pid))
    await gateway.call('GET', '/health')
  }
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.ok(counters.received <= 40, `${counters.received} were inflated`)
  assert.ok(most - before < 150_000_000, `grew by ${(most - before) / 1e6} MB`)
})
