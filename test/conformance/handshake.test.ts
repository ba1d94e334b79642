import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { ask, connect, frame, KEY, OP, open, type Request, request, sharedGateway } from './raw-client.ts'

const gateway = await sharedGateway()
const { port } = gateway

/** Requests that must get one of these statuses, and so no WebSocket. */
async function refused(t: TestContext, statuses: number[], requests: Request[]): Promise<void> {
  for (const what of requests) {
    const { status } = await ask(t, port, what)
    assert.ok(statuses.includes(status), `got ${status} for ${JSON.stringify(what)}`)
  }
}

test('the RFC example key gets the RFC example accept value', async t => {
  const { headers } = await ask(t, port)
  assert.deepEqual(headers.get('sec-websocket-accept'), ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
})

test('the accept value is the base64 SHA-1 of key and GUID', async t => {
  for (const bytes of [Buffer.alloc(16), Buffer.alloc(16, 0xff), randomBytes(16), randomBytes(16)]) {
    const key = bytes.toString('base64')
    const { headers } = await ask(t, port, { headers: { 'Sec-WebSocket-Key': key } })
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    assert.deepEqual(headers.get('sec-websocket-accept'), [accept])
  }
})

test('a good handshake gets 101 with Upgrade and Connection, each once', async t => {
  const { line, headers } = await ask(t, port)
  assert.match(line, /^HTTP\/1\.1 101 /)
  assert.deepEqual(
    headers.get('upgrade')?.map(v => v.toLowerCase()),
    ['websocket'],
  )
  assert.deepEqual(
    headers.get('connection')?.map(v => v.toLowerCase()),
    ['upgrade'],
  )
  assert.equal(headers.get('sec-websocket-accept')?.length, 1)
})

test('a version that the server does not know gets 400 or 426 that names version 13', async t => {
  for (const version of ['0', '7', '12', '14', '25', '255', 'thirteen', '']) {
    const { status, headers } = await ask(t, port, { headers: { 'Sec-WebSocket-Version': version } })
    assert.ok(status === 400 || status === 426, `${status} for ${version}`)
    assert.match(headers.get('sec-websocket-version')?.join(',') ?? '', /\b13\b/, version)
  }
})

test('a missing version is refused', async t => {
  await refused(t, [400, 426], [{ headers: { 'Sec-WebSocket-Version': undefined } }])
})

test('a version that is 13 in other writing is refused', async t => {
  for (const version of ['013', '+13', '13.0', '0xd', '1.3e1']) {
    await refused(t, [400, 426], [{ headers: { 'Sec-WebSocket-Version': version } }])
  }
})

test('a second version header is refused', async t => {
  await refused(t, [400, 426], [{ lines: ['Sec-WebSocket-Version: 13'] }])
})

test('another method than GET is refused', async t => {
  const lines = ['POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE'].map(method => ({ line: `${method} / HTTP/1.1` }))
  await refused(t, [400, 405, 426], lines)
})

test('HTTP before 1.1 is refused', async t => {
  await refused(t, [400, 426, 505], [{ line: 'GET / HTTP/1.0' }, { line: 'GET / HTTP/0.9' }])
})

test('a missing Host is refused', async t => {
  await refused(t, [400], [{ headers: { Host: undefined } }])
})

test('a missing or other Upgrade is refused', async t => {
  await refused(t, [400, 426], [{ headers: { Upgrade: undefined } }, { headers: { Upgrade: 'h2c' } }])
})

test('a missing or other Connection is refused', async t => {
  const values = [undefined, 'keep-alive', 'close']
  await refused(
    t,
    [400, 426],
    values.map(value => ({ headers: { Connection: value } })),
  )
})

test('a missing key, or one that is not the base64 of 16 bytes, is refused', async t => {
  const of = (bytes: number) => randomBytes(bytes).toString('base64')
  const keys = [undefined, '', of(15), of(17), of(32), KEY.slice(0, -2), `${KEY}=`, `!${KEY.slice(1)}`]
  await refused(
    t,
    [400],
    keys.map(key => ({ headers: { 'Sec-WebSocket-Key': key } })),
  )
})

test('a second key header is refused', async t => {
  await refused(t, [400], [{ lines: [`Sec-WebSocket-Key: ${KEY}`] }])
})

test('names and words in any case, order and list are understood', async t => {
  const good: Request[] = [
    { headers: { Upgrade: 'WebSocket' } },
    { headers: { Upgrade: 'WEBSOCKET', Connection: 'upgrade' } },
    { headers: { Connection: 'keep-alive, Upgrade' } },
    { headers: { Connection: 'UPGRADE,keep-alive' } },
    { line: 'GET /some/path?with=query HTTP/1.1' },
    { headers: { 'X-Unknown': 'is ignored', Origin: 'https://page.example' } },
    {
      headers: { Upgrade: undefined, 'Sec-WebSocket-Key': undefined },
      lines: [`sec-websocket-KEY: ${KEY}`, 'UPGRADE:websocket'],
    },
  ]
  for (const what of good) assert.equal((await ask(t, port, what)).status, 101, JSON.stringify(what))
})

test('an absolute URI as the request target is understood', async t => {
  const { status } = await ask(t, port, { line: 'GET http://gateway.example/chat HTTP/1.1' })
  assert.equal(status, 101)
})

test('no subprotocol is answered that was not offered', async t => {
  assert.equal((await ask(t, port)).headers.get('sec-websocket-protocol'), undefined)
})

test('one of the offered subprotocols is answered, once', async t => {
  const offer = { 'Sec-WebSocket-Protocol': 'chat.v2, chat.v1' }
  const { headers } = await ask(t, port, { headers: offer })
  assert.deepEqual(headers.get('sec-websocket-protocol'), ['chat.v2'])
})

test('subprotocols that are offered in several header lines are one list', async t => {
  const lines = ['Sec-WebSocket-Protocol: one', 'Sec-WebSocket-Protocol: two']
  const { headers } = await ask(t, port, { lines })
  assert.deepEqual(headers.get('sec-websocket-protocol'), ['one'])
})

test('subprotocols that break the grammar, or come twice, are refused', async t => {
  const offers = ['', ',', 'a b', 'a, a', 'a/b', '"quoted"']
  await refused(
    t,
    [400],
    offers.map(offer => ({ headers: { 'Sec-WebSocket-Protocol': offer } })),
  )
})

test('no extension is answered that was not offered', async t => {
  assert.equal((await ask(t, port)).headers.get('sec-websocket-extensions'), undefined)
})

test('unknown extensions are declined, and the connection is there without them', async t => {
  const offer = { 'Sec-WebSocket-Extensions': 'x-unknown; level=3, mux; max-channels=4, foo' }
  const client = await open(t, port, { headers: offer })
  assert.equal((await client.response()).headers.get('sec-websocket-extensions'), undefined)
  client.write(frame(OP.text, 'plain'))
  const { rsv, payload } = await client.next()
  assert.deepEqual([rsv, payload.toString()], [0, 'plain'])
})

test('an extension header that breaks the grammar is refused', async t => {
  const offers = ['', ',', ';', 'foo;', 'foo; =1', 'foo bar', 'foo; a="', 'foo; a="b c"']
  await refused(
    t,
    [400],
    offers.map(offer => ({ headers: { 'Sec-WebSocket-Extensions': offer } })),
  )
})

test('frames that come in one packet with the handshake are read', async t => {
  const client = await connect(t, port)
  client.write(request(), frame(OP.text, 'early'))
  assert.equal((await client.response()).status, 101)
  assert.equal(await client.text(), 'early')
})

test('no frame is sent before the handshake is answered', async t => {
  const waiting = await connect(t, port)
  waiting.write(request().slice(0, -2))
  const other = await open(t, port)
  other.write(frame(OP.text, 'too early'))
  assert.equal(await other.text(), 'too early')
  waiting.write('\r\n')
  assert.equal((await waiting.response()).status, 101)
  other.write(frame(OP.text, 'in time'))
  assert.equal(await waiting.text(), 'in time')
})
