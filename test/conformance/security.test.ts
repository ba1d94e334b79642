import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { ask, connect, frame, OP, open, request, sharedGateway } from './raw-client.ts'

const LIMIT = 1000
const gateway = await sharedGateway({
  WS_MAX_PAYLOAD_BYTES: String(LIMIT),
  WS_ALLOWED_ORIGINS: 'https://good.example',
  WS_MAX_HEADER_BYTES: '8192',
})
const { port } = gateway

test('a message over the limit fails the connection with 1009 before its payload comes', async t => {
  for (const length of [BigInt(LIMIT + 1), 1n << 32n, 1n << 62n]) {
    const client = await open(t, port)
    client.write(frame(OP.binary, '', { length }))
    assert.equal((await client.closed()).code, 1009, String(length))
  }
})

test('fragments that are over the limit together fail the connection with 1009', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'x'.repeat(LIMIT), { fin: false }), frame(OP.continuation, 'x'))
  assert.equal((await client.closed()).code, 1009)
})

test('a message of the limit itself is taken, whole or in fragments', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'x'.repeat(LIMIT)))
  assert.equal((await client.text()).length, LIMIT)
  client.write(frame(OP.text, 'x'.repeat(LIMIT - 1), { fin: false }), frame(OP.continuation, 'x'))
  assert.equal((await client.text()).length, LIMIT)
})

test('endless fragments fail the connection', async t => {
  const client = await open(t, port)
  const empty = frame(OP.continuation, '', { fin: false })
  client.write(frame(OP.text, '', { fin: false }), Buffer.concat(Array(200_000).fill(empty)))
  const { code } = await client.closed()
  assert.ok(code === 1008 || code === 1009, `got ${code}`)
})

test('an origin that is not allowed gets 403', async t => {
  for (const origin of ['https://evil.example', 'http://good.example', 'https://good.example.evil', 'null']) {
    assert.equal((await ask(t, port, { headers: { Origin: origin } })).status, 403, origin)
  }
  assert.equal((await ask(t, port, { headers: { Origin: 'https://good.example' } })).status, 101)
})

test('a client that is no browser and sends no origin gets in', async t => {
  assert.equal((await ask(t, port)).status, 101)
})

test('the origin counts in protocol version 8 as well', async t => {
  const version = { 'Sec-WebSocket-Version': '8' }
  const evil = { ...version, 'Sec-WebSocket-Origin': 'https://evil.example' }
  const { status } = await ask(t, port, { headers: evil })
  assert.ok(status === 403 || status === 400 || status === 426, `got ${status}`)
})

test('what is no HTTP gets 400, and the connection is closed', async t => {
  for (const bytes of [
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00',
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nHost gone\r\n\r\n',
  ]) {
    const client = await connect(t, port)
    client.write(bytes)
    assert.equal((await client.response()).status, 400, JSON.stringify(bytes))
    await client.end()
  }
})

test('a handshake with too many header bytes is refused', async t => {
  const client = await connect(t, port)
  client.write(request({ headers: { 'X-Long': 'x'.repeat(10_000) } }))
  assert.equal((await client.response()).status, 431)
  await client.end()
})

test('a handshake that does not end is cut off', async t => {
  // A gateway of its own, since nobody else's handshake is to be too slow for it.
  const hasty = await startGateway(t, { env: { WS_HANDSHAKE_TIMEOUT_MS: '1000' } })
  const client = await connect(t, hasty.port)
  client.write(request().slice(0, -2))
  await client.end()
})

test('data that is not understood ends its own connection only', async t => {
  const good = await open(t, port)
  const bad = await open(t, port)
  bad.write(Buffer.alloc(500, 0xff))
  assert.equal((await bad.closed()).code, 1002)
  good.write(frame(OP.text, 'fine'))
  assert.equal(await good.text(), 'fine')
})
