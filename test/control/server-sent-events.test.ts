/** Streams as a client of the control API reads them: cut into pieces anywhere, broken off, refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError, readStream, remoteGateway } from '../../src/control/client.ts'
import { readEvents } from '../../src/control/server-sent-events.ts'
import { rawServer } from '../support/raw-server.ts'

const LINES = [
  ...['\ufeff: a comment', '', 'event: trace', 'data: {"text":"grüße"}', ''],
  ...['data:one', 'data: two', 'id: 7', 'retry', '', 'event: empty', '', 'data', '', 'data: cut off'],
]
const EVENTS = [
  { event: 'trace', data: '{"text":"grüße"}' },
  { event: 'message', data: 'one\ntwo' },
  { event: 'message', data: '' },
]

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const item of items) got.push(item)
  return got
}

test('server-sent events, with any line ends and cut anywhere', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = Buffer.from(LINES.join(end))
    for (const size of [1, 2, 3, 7, bytes.length]) {
      assert.deepEqual(await all(readEvents(pieces(bytes, size))), EVENTS, `${JSON.stringify(end)}, ${size}`)
    }
  }
})

const NEVER = new AbortController().signal

test('a stream comes as it is written, whatever pieces the network makes of its chunks', async t => {
  const text = LINES.join('\n')
  const body = Buffer.from(text)
  const chunks = [body.subarray(0, 5), body.subarray(5, 50), body.subarray(50)]
  const chunked = Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ...chunks.flatMap(c => [Buffer.from(`${c.length.toString(16)}\r\n`), c, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ])
  for (const size of [1, 3, chunked.length]) {
    const { url, server } = await rawServer(t, async socket => {
      for await (const piece of pieces(chunked, size)) {
        await new Promise(done => socket.write(piece, done))
      }
    })
    const parts = await all(readStream(remoteGateway(url, null), '/trace', NEVER))
    assert.equal(Buffer.concat(parts).toString(), text)
    server.close()
  }
})

test('a stream that is refused, breaks off, or is no HTTP is an error; one that is ended by its reader is none', async t => {
  const problem = '{"detail":"too many traces"}'
  const answers: [string, RegExp][] = [
    [`HTTP/1.1 429 Too Many\r\nContent-Length: ${problem.length}\r\n\r\n${problem}`, /^too many traces$/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', /ended the call without an answer/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /does not speak HTTP/],
    ['SSH-2.0-OpenSSH\r\n\r\n', /does not speak HTTP/],
  ]
  for (const [answer, detail] of answers) {
    const { url } = await rawServer(t, socket => socket.end(answer))
    await assert.rejects(all(readStream(remoteGateway(url, null), '/trace', NEVER)), error => {
      assert.ok(error instanceof GatewayError)
      assert.match(error.detail, detail)
      return true
    })
  }
  const { url } = await rawServer(t, socket => socket.write('HTTP/1.1 200 OK\r\n\r\ndata: x\n\n'))
  const over = new AbortController()
  const events: unknown[] = []
  for await (const event of readEvents(readStream(remoteGateway(url, null), '/trace', over.signal))) {
    events.push(event)
    over.abort()
  }
  assert.deepEqual(events, [{ event: 'message', data: 'x' }])
  over.abort()
  assert.deepEqual(await all(readStream(remoteGateway(url, null), '/trace', over.signal)), [])
})
