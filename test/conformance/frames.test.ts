import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bitsFor, closeBody, frame, OP, open, sharedGateway } from './raw-client.ts'

const gateway = await sharedGateway({ WS_MAX_PAYLOAD_BYTES: '200000' })
const { port } = gateway

/** These bytes must end the connection, with this code. */
async function fails(t: TestContext, code: number, what: string, ...bytes: Buffer[]): Promise<void> {
  const client = await open(t, port)
  client.write(...bytes)
  assert.equal((await client.closed()).code, code, what)
}

test('the server masks no frame', async t => {
  const client = await open(t, port)
  client.write(
    frame(OP.text, 'a'),
    frame(OP.binary, 'b'),
    frame(OP.ping, 'c'),
    frame(OP.close, closeBody(1000)),
  )
  await client.end()
  assert.deepEqual(
    new Set(client.frames.map(f => f.opcode)),
    new Set([OP.text, OP.binary, OP.pong, OP.close]),
  )
  for (const { masked, opcode } of client.frames) assert.equal(masked, false, `opcode ${opcode}`)
})

test('a frame without a mask fails the connection with 1002, whatever its opcode', async t => {
  for (const opcode of [OP.text, OP.binary, OP.close, OP.ping, OP.pong]) {
    await fails(t, 1002, `opcode ${opcode}`, frame(opcode, '', { mask: null }))
  }
  const first = frame(OP.text, 'begun', { fin: false })
  await fails(t, 1002, 'a later fragment', first, frame(OP.continuation, 'x', { mask: null }))
})

test('the mask is taken off, whatever the key and the length', async t => {
  const client = await open(t, port)
  const keys = ['00000000', 'ffffffff', '00ff00ff', '01020304', 'deadbeef']
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 31, 125, 126, 1000]
  for (const key of keys) {
    for (const length of lengths) {
      const payload = Buffer.from(Array.from({ length }, (_, index) => (index * 7) & 0xff))
      client.write(frame(OP.binary, payload, { mask: Buffer.from(key, 'hex') }))
      assert.deepEqual((await client.next()).payload, payload, `${key}, ${length} bytes`)
    }
  }
})

test('a set RSV bit fails the connection with 1002 when no extension was agreed on', async t => {
  for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
    for (const opcode of [OP.text, OP.binary, OP.ping, OP.pong, OP.close]) {
      await fails(t, 1002, `RSV ${rsv}, opcode ${opcode}`, frame(opcode, '', { rsv }))
    }
    const first = frame(OP.text, 'begun', { fin: false })
    await fails(t, 1002, `RSV ${rsv}, continuation`, first, frame(OP.continuation, '', { rsv }))
  }
})

test('a reserved opcode fails the connection with 1002', async t => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    await fails(t, 1002, `opcode ${opcode}`, frame(opcode, 'x'))
    const first = frame(OP.text, 'begun', { fin: false })
    await fails(t, 1002, `opcode ${opcode} within a message`, first, frame(opcode, 'x'))
  }
})

test('a length whose top bit is set fails the connection', async t => {
  for (const length of [1n << 63n, (1n << 64n) - 1n]) {
    const client = await open(t, port)
    client.write(frame(OP.binary, 'x', { length }))
    const { code } = await client.closed()
    assert.ok(code === 1002 || code === 1009, `got ${code}`)
  }
})

test('the server says a length in as few bytes as can be, and leaves RSV clear', async t => {
  const client = await open(t, port)
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 200_000]) {
    client.write(frame(OP.binary, Buffer.alloc(length, 1)))
    const { fin, rsv, opcode, lengthBits, payload } = await client.next()
    assert.deepEqual([fin, rsv, opcode], [true, 0, OP.binary])
    assert.equal(payload.length, length)
    assert.equal(lengthBits, bitsFor(length), `${length} bytes`)
  }
})

test('a length in more bytes than it needs is either understood or fails the connection', async t => {
  for (const [length, lengthBits] of [
    [5, 16],
    [5, 64],
    [300, 64],
  ] as const) {
    const client = await open(t, port)
    client.write(frame(OP.binary, Buffer.alloc(length, 1), { lengthBits }))
    const { opcode, payload } = await client.next()
    if (opcode === OP.close) assert.equal(payload.readUInt16BE(0), 1002)
    else assert.deepEqual([opcode, payload.length], [OP.binary, length])
  }
})

test('a frame that comes byte by byte is read', async t => {
  const client = await open(t, port)
  for (const byte of frame(OP.text, 'slowly', { lengthBits: 16 })) {
    await new Promise(resolve => client.socket.write(Buffer.of(byte), resolve))
  }
  assert.equal(await client.text(), 'slowly')
})

test('a message in one frame and one in many are both read, in order', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'whole'), frame(OP.text, 'a', { fin: false }))
  for (const part of ['b', '', 'c']) client.write(frame(OP.continuation, part, { fin: false }))
  client.write(frame(OP.continuation, 'd'), frame(OP.text, 'next'))
  assert.deepEqual([await client.text(), await client.text(), await client.text()], ['whole', 'abcd', 'next'])
})

test('a fragmented message has the type of its first frame', async t => {
  const client = await open(t, port)
  for (const opcode of [OP.text, OP.binary]) {
    client.write(frame(opcode, 'a', { fin: false }), frame(OP.continuation, 'b'))
    const { opcode: got, payload } = await client.next()
    assert.deepEqual([got, payload.toString()], [opcode, 'ab'])
  }
})

test('empty fragments make an empty message', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, '', { fin: false }), frame(OP.continuation, ''))
  const { opcode, payload } = await client.next()
  assert.deepEqual([opcode, payload.length], [OP.text, 0])
})

test('control frames within a fragmented message are handled at once', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'one ', { fin: false }), frame(OP.ping, 'now'))
  const pong = await client.next()
  assert.deepEqual([pong.opcode, pong.payload.toString()], [OP.pong, 'now'])
  client.write(frame(OP.pong, 'unasked'), frame(OP.continuation, 'message'))
  assert.equal(await client.text(), 'one message')
})

test('a close frame within a fragmented message is answered', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'half', { fin: false }), frame(OP.close, closeBody(1000)))
  assert.equal((await client.closed()).code, 1000)
})

test('a continuation of nothing fails the connection with 1002', async t => {
  await fails(t, 1002, 'the first frame', frame(OP.continuation, 'x'))
  await fails(t, 1002, 'not its last', frame(OP.continuation, 'x', { fin: false }))
  const client = await open(t, port)
  client.write(frame(OP.text, 'a', { fin: false }), frame(OP.continuation, 'b'))
  assert.equal(await client.text(), 'ab')
  client.write(frame(OP.continuation, 'c'))
  assert.equal((await client.closed()).code, 1002)
})

test('a new message within a fragmented one fails the connection with 1002', async t => {
  for (const opcode of [OP.text, OP.binary]) {
    for (const fin of [true, false]) {
      const first = frame(OP.text, 'a', { fin: false })
      await fails(t, 1002, `opcode ${opcode}, fin ${fin}`, first, frame(opcode, 'b', { fin }))
    }
  }
})

test('a control frame of more than 125 bytes fails the connection with 1002', async t => {
  for (const opcode of [OP.close, OP.ping, OP.pong]) {
    await fails(t, 1002, `opcode ${opcode}, 126 bytes`, frame(opcode, closeBody(1000, 'x'.repeat(124))))
    await fails(t, 1002, `opcode ${opcode}, 64 bits`, frame(opcode, Buffer.alloc(70_000)))
  }
})

test('a control frame in fragments fails the connection with 1002', async t => {
  for (const opcode of [OP.close, OP.ping, OP.pong]) {
    await fails(t, 1002, `opcode ${opcode}`, frame(opcode, '', { fin: false }))
  }
})

test('a ping gets a pong with the same data, in order', async t => {
  const client = await open(t, port)
  const all = [Buffer.alloc(0), Buffer.from('hello'), Buffer.from([0, 0xff, 0xfe]), Buffer.alloc(125, 0xaa)]
  client.write(...all.map(data => frame(OP.ping, data)))
  await client.settled()
  const expected = [...all.map(data => data.toString('latin1')), 'settled']
  assert.deepEqual([...new Set(client.pongs)], expected)
  assert.ok(client.frames.every(({ opcode, fin }) => opcode === OP.pong && fin))
})

test('a ping gets one pong, not more', async t => {
  const client = await open(t, port)
  client.write(frame(OP.ping, 'once'))
  await client.settled()
  assert.deepEqual(client.pongs.slice(0, 2), ['once', 'settled'])
})

test('a pong that nobody asked for is not answered', async t => {
  const client = await open(t, port)
  client.write(frame(OP.pong, 'unasked'), frame(OP.pong))
  await client.settled()
  assert.deepEqual(
    client.frames.filter(f => f.payload.toString() !== 'settled'),
    [],
  )
})

test('nothing is read after the frame that failed the connection', async t => {
  const witness = await open(t, port)
  const bad: Buffer[] = [
    frame(OP.text, 'x', { mask: null }),
    frame(3, 'x'),
    frame(OP.text, 'x', { rsv: 4 }),
    frame(OP.text, Buffer.from([0xff])),
    frame(OP.binary, Buffer.alloc(200_001)),
  ]
  for (const [index, bytes] of bad.entries()) {
    const client = await open(t, port)
    client.write(
      bytes,
      frame(OP.text, 'too late'),
      frame(OP.ping, 'too late'),
      frame(OP.close, closeBody(1000)),
    )
    const { code } = await client.closed()
    assert.notEqual(code, 1000)
    witness.write(frame(OP.text, `after ${index}`))
    assert.equal(await witness.text(), `after ${index}`)
  }
})
