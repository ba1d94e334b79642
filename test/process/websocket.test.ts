import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { type Client, connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

function http(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const call = request({ port, path, agent: false, ...options }, response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
      })
      call.on('error', reject)
      call.end()
    },
  )
}

/** A frame as a client would send it, masked with zeros, with any opcode and flags (RFC 6455 §5.2). */
function clientFrame(first: number, payload: Buffer): Buffer {
  assert.ok(payload.length < 126)
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

test('without a listener every message goes to everyone, text as text and binary as binary', async t => {
  const gateway = await startGateway(t, { listener: {} })
  const a = await connect(t, `${gateway.url}/any/path?x=1`)
  const b = await connect(t, gateway.url)
  a.send('hello')
  a.send(Buffer.from([1, 2, 3]))
  b.send('Grüße 🚀')
  for (const client of [a, b]) {
    const got = await client.messages(3)
    assert.deepEqual(
      got.filter(m => typeof m !== 'string'),
      [Buffer.from([1, 2, 3])],
    )
    assert.deepEqual(new Set(got.filter(m => typeof m === 'string')), new Set(['hello', 'Grüße 🚀']))
    assert.ok(got.indexOf('hello') < got.findIndex(m => typeof m !== 'string'), 'in the order it was sent')
  }
})

test('a ping is answered, an empty message is a message, fragments are joined', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  client.ws.ping('are you there')
  const [data] = await once(client.ws, 'pong')
  assert.equal(String(data), 'are you there')
  client.send('')
  client.ws.send('two ', { fin: false })
  client.ws.send('parts', { fin: true })
  assert.deepEqual(await client.messages(2), ['', 'two parts'])
})

test('a message over WS_MAX_PAYLOAD_BYTES closes that connection with 1009, and no other', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_PAYLOAD_BYTES: '1000' } })
  const big = await connect(t, gateway.url)
  const other = await connect(t, gateway.url)
  big.send('x'.repeat(1000))
  await other.messages(1)
  big.send('x'.repeat(1001))
  assert.equal((await big.closed).code, 1009)
  const line = await gateway.event('client.close')
  assert.equal(line.code, 1009)
  other.send('still here')
  assert.equal((await other.messages(2))[1], 'still here')
  assert.equal(gateway.lines.filter(l => l.event === 'client.close' || l.event === 'error').length, 1)
})

test('bad frames get their close code and one line in the log', async t => {
  const gateway = await startGateway(t)
  const honest = await connect(t, gateway.url)
  const bad: [string, Buffer, number][] = [
    ['a reserved opcode', clientFrame(0x83, Buffer.from('a')), 1002],
    ['a reserved flag', clientFrame(0xc1, Buffer.from('a')), 1002],
    ['no mask', Buffer.from([0x81, 1, 0x61]), 1002],
    ['text that is no UTF-8', clientFrame(0x81, Buffer.from([0xff, 0xfe])), 1007],
    ['a continuation of nothing', clientFrame(0x80, Buffer.from('a')), 1002],
    ['a close code that nobody may send', clientFrame(0x88, Buffer.from([0x03, 0xed])), 1002],
  ]
  for (const [what, frame, code] of bad) {
    const from = gateway.lines.length
    const client = await connect(t, gateway.url)
    // The raw socket, since ws does not send such frames.
    const raw = (client.ws as unknown as { _socket: NodeJS.WritableStream })._socket
    raw.write(frame)
    assert.equal((await client.closed).code, code, what)
    const line = await gateway.event('client.close', from)
    assert.equal(line.code, code, what)
    assert.ok(line.err, what)
    const of = gateway.lines.filter(l => l.conn === line.conn).map(l => l.event)
    assert.deepEqual(of, ['client.open', 'client.close'], what)
    assert.equal(gateway.lines.filter(l => l.event === 'error').length, 0, what)
  }
  honest.send('undisturbed')
  assert.deepEqual(await honest.messages(1), ['undisturbed'])
})

test('a plain HTTP request gets 426, GET /healthz gets 200, also with an upgrade to something else', async t => {
  const { port } = await startGateway(t)
  const plain = await http(port, '/chat')
  assert.equal(plain.status, 426)
  assert.equal(plain.headers.upgrade, 'websocket')
  assert.equal((await http(port, '/healthz')).status, 200)
  assert.equal((await http(port, '/healthz', { method: 'HEAD' })).status, 200)
  assert.equal((await http(port, '/healthz', { method: 'POST' })).status, 426)
  const h2c = {
    Connection: 'Upgrade, HTTP2-Settings',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
  }
  assert.equal((await http(port, '/healthz', { headers: h2c })).status, 200)
  assert.equal((await http(port, '/chat', { headers: h2c })).status, 426)
})

test('bad handshakes are refused, and resets in the middle of one harm nobody', async t => {
  const gateway = await startGateway(t)
  const handshake = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
  assert.equal((await http(gateway.port, '/', { headers: handshake })).status, 400)
  const old = { ...handshake, 'Sec-WebSocket-Version': '7', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  assert.ok([400, 426].includes((await http(gateway.port, '/', { headers: old })).status))
  const begun = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  const rest = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  for (let n = 0; n < 60; n++) {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(n % 3 === 0 ? begun : begun + rest)
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  const client = await connect(t, gateway.url)
  client.send('alive')
  await client.messages(1)
  await gateway.until(
    'no connection left but one',
    () =>
      gateway.lines.filter(l => l.event === 'client.open').length ===
      gateway.lines.filter(l => l.event === 'client.close').length + 1,
  )
  assert.equal((await gateway.call('GET', '/status')).body.connections, 1)
})

test('the first subprotocol that a client offers is agreed on', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': 'export const onClientOpen = ({ conn }) => conn.send(conn.request)' },
  })
  const client = await connect(t, `${gateway.url}/a/b?c=d&e`, ['chat.v2', 'chat.v1'], {
    headers: { 'X-Test': 'yes' },
  })
  assert.equal(client.ws.protocol, 'chat.v2')
  const [text] = await client.messages(1)
  const seen = JSON.parse(String(text))
  assert.equal(seen.path, '/a/b')
  assert.equal(seen.query, 'c=d&e')
  assert.equal(seen.ip, '127.0.0.1')
  assert.equal(seen.protocol, 'chat.v2')
  assert.equal(seen.headers['x-test'], 'yes')
})

test('the code and reason of a client that closes reach the log', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  client.ws.close(4001, 'bye')
  await client.closed
  const line = await gateway.event('client.close')
  assert.equal(line.code, 4001)
  assert.equal(line.reason, 'bye')
  const cut = await connect(t, gateway.url)
  const from = gateway.lines.length
  cut.ws.terminate()
  assert.equal((await gateway.event('client.close', from)).code, 1006)
  const quiet = await connect(t, gateway.url)
  const next = gateway.lines.length
  await quiet.close()
  assert.equal((await gateway.event('client.close', next)).code, 1005)
})

test('what a client sends right before its close is answered before the close', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const raw = (client.ws as unknown as { _socket: NodeJS.WritableStream })._socket
  // One chunk: a message and a close frame. The echo must come first, for nothing may follow a close frame.
  raw.write(
    Buffer.concat([clientFrame(0x81, Buffer.from('last words')), clientFrame(0x88, Buffer.from([3, 232]))]),
  )
  const { code } = await client.closed
  assert.equal(code, 1000)
  assert.deepEqual(client.got, ['last words'])
})

test('a hundred messages from each of twenty clients arrive everywhere, each in its order', async t => {
  const gateway = await startGateway(t)
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(t, gateway.url)))
  clients.forEach((client: Client, sender) => {
    for (let n = 0; n < 100; n++) client.send(`${sender} ${n}`)
  })
  for (const client of clients) {
    const got = (await client.messages(2000)).map(m => String(m).split(' ').map(Number))
    for (let sender = 0; sender < 20; sender++) {
      const of = got.filter(([from]) => from === sender).map(([, n]) => n)
      assert.deepEqual(
        of,
        Array.from({ length: 100 }, (_, n) => n),
      )
    }
  }
})

test('a client that has stopped reading is closed with 1013 once 4 MiB wait for it; nobody else notices', async t => {
  const gateway = await startGateway(t)
  const stalled = await connect(t, gateway.url)
  const reader = await connect(t, gateway.url)
  const { connections } = (await gateway.call('GET', '/connections')).body
  stalled.ws.pause()
  const message = 'x'.repeat(100_000)
  let pushed = 0
  const isClosed = async () => (await gateway.call('GET', '/status')).body.counters.slowConsumersClosed === 1
  while (!(await isClosed())) {
    for (let i = 0; i < 20; i++) await gateway.push({ message })
    pushed += 20
    assert.ok(pushed < 1000)
  }
  // It does not answer the close, so it is cut off a second later.
  const line = await gateway.event('client.close')
  assert.deepEqual([line.conn, line.code], [connections[0].id, 1013])
  assert.equal((await reader.messages(pushed)).length >= pushed, true)
  assert.equal((await gateway.call('GET', '/status')).body.connections, 1)
})
