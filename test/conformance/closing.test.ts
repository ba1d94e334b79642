import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { closeBody, frame, OP, open, type RawClient, sharedGateway } from './raw-client.ts'

const gateway = await sharedGateway()
const { port } = gateway

/** A client, and its id in the control API. */
async function openWithId(t: TestContext): Promise<{ client: RawClient; id: string }> {
  const client = await open(t, port)
  // The youngest connection comes last.
  const { body } = await gateway.call('GET', '/connections?limit=1000')
  return { client, id: String(body.connections.at(-1).id) }
}

test('a close frame is answered with its own code, and then the server closes TCP', async t => {
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
    const client = await open(t, port)
    client.write(frame(OP.close, closeBody(code, 'bye')))
    // The client has its side open still: it is the server who ends the connection.
    assert.equal((await client.closed()).code, code)
  }
})

test('a close frame without a body is answered without one', async t => {
  const client = await open(t, port)
  client.write(frame(OP.close))
  assert.equal((await client.closed()).code, undefined)
})

test('a close reason may have 123 bytes of UTF-8', async t => {
  const client = await open(t, port)
  client.write(frame(OP.close, closeBody(1000, `${'é'.repeat(61)}x`)))
  assert.equal((await client.closed()).code, 1000)
})

test('a close body of one byte fails the connection with 1002', async t => {
  for (const byte of [0, 3, 0xff]) {
    const client = await open(t, port)
    client.write(frame(OP.close, Buffer.of(byte)))
    assert.equal((await client.closed()).code, 1002)
  }
})

test('a close code that nobody may send fails the connection with 1002', async t => {
  const reserved = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
  for (const code of reserved) {
    const client = await open(t, port)
    client.write(frame(OP.close, closeBody(code, 'no')))
    assert.equal((await client.closed()).code, 1002, `code ${code}`)
  }
})

test('what comes after a close frame is neither read nor answered', async t => {
  const witness = await open(t, port)
  const client = await open(t, port)
  const late = [
    frame(OP.text, 'late'),
    frame(OP.ping, 'late'),
    frame(OP.close, closeBody(4000)),
    frame(3, 'x'),
  ]
  client.write(frame(OP.close, closeBody(1000)), ...late)
  assert.equal((await client.closed()).code, 1000)
  assert.equal(client.frames.length, 1)
  witness.write(frame(OP.text, 'later'))
  assert.equal(await witness.text(), 'later')
})

test('what came before a close frame is answered before the close', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, 'last words'), frame(OP.close, closeBody(1000)))
  assert.equal(await client.text(), 'last words')
  assert.equal((await client.closed()).code, 1000)
})

test('the server closes with the code and reason it was told to, and ends TCP once that is answered', async t => {
  const { client, id } = await openWithId(t)
  assert.equal(
    (await gateway.call('DELETE', `/connections/${id}?code=4321&reason=Gr%C3%BC%C3%9Fe`)).status,
    200,
  )
  const { opcode, payload } = await client.next()
  assert.equal(opcode, OP.close)
  assert.deepEqual(payload, closeBody(4321, 'Grüße'))
  client.write(frame(OP.close, payload))
  await client.end()
  // No second close frame, in answer to the answer.
  assert.equal(client.frames.length, 1)
})

test('the server sends no message after its close frame', async t => {
  const { client, id } = await openWithId(t)
  const other = await open(t, port)
  await gateway.call('DELETE', `/connections/${id}`)
  assert.equal((await client.next()).opcode, OP.close)
  await gateway.push({ message: 'pushed' })
  other.write(frame(OP.text, 'said'))
  assert.deepEqual([await other.text(), await other.text()], ['pushed', 'said'])
  client.write(frame(OP.close, closeBody(1000)))
  await client.end()
  assert.equal(client.frames.length, 1)
})

test('the server ends TCP also when its close frame is never answered', async t => {
  const { client, id } = await openWithId(t)
  await gateway.call('DELETE', `/connections/${id}`)
  assert.equal((await client.closed()).code, 1000)
})

test('closes of both sides that cross are one close', async t => {
  const { client, id } = await openWithId(t)
  const deleted = gateway.call('DELETE', `/connections/${id}?code=4000`)
  client.write(frame(OP.close, closeBody(4001)))
  await deleted
  const { code } = await client.closed()
  assert.ok(code === 4000 || code === 4001)
  assert.equal(client.frames.length, 1)
})

test('nothing follows the close frame of the server, not even the answer to a ping', async t => {
  const { client, id } = await openWithId(t)
  await gateway.call('DELETE', `/connections/${id}`)
  assert.equal((await client.next()).opcode, OP.close)
  client.write(frame(OP.ping, 'still there?'), frame(OP.close, closeBody(1000)))
  await client.end()
  assert.deepEqual([...client.pongs], [])
})

test('a close with a code that must not be sent, or a long reason, is refused to the application', async t => {
  const { client, id } = await openWithId(t)
  for (const code of ['0', '999', '1004', '1005', '1006', '1015', '2999', '5000']) {
    assert.equal((await gateway.call('DELETE', `/connections/${id}?code=${code}`)).status, 400, code)
  }
  const reason = 'x'.repeat(124)
  assert.equal((await gateway.call('DELETE', `/connections/${id}?code=1000&reason=${reason}`)).status, 400)
  client.write(frame(OP.text, 'still open'))
  assert.equal(await client.text(), 'still open')
})

test('a client that ends TCP without a close frame is let go, and nobody else minds', async t => {
  const witness = await open(t, port)
  const quiet = await open(t, port)
  quiet.socket.end()
  await quiet.end()
  const amidst = await open(t, port)
  amidst.socket.end(frame(OP.text, 'half a frame').subarray(0, 9))
  await amidst.end()
  const reset = await open(t, port)
  reset.socket.resetAndDestroy()
  witness.write(frame(OP.text, 'all well'))
  assert.equal(await witness.text(), 'all well')
})

test('a gateway that stops closes with 1001', async t => {
  const stopping = await startGateway(t, { listener: {} })
  const client = await open(t, stopping.port)
  stopping.child.kill('SIGTERM')
  const { opcode, payload } = await client.next()
  assert.deepEqual([opcode, payload.readUInt16BE(0)], [OP.close, 1001])
  client.write(frame(OP.close, payload))
  await client.end()
  assert.equal((await stopping.exited).code, 0)
})
