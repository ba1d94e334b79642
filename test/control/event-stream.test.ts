import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { EventStream } from '../../src/control/event-stream.ts'

const OFTEN_MS = 20
/** More than the system takes for a caller that does not read. */
const MUCH = 'x'.repeat(16 * 1024 * 1024)

/** A stream, and the socket that listens to it. */
async function stream(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => caller.destroy())
  caller.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [, response] = await once(server, 'request')
  return { events: new EventStream(response, OFTEN_MS), caller }
}

test('a caller that reads nothing any more is cut off, and gives its place back', async t => {
  const { events, caller } = await stream(t)
  caller.pause()
  events.send('much', MUCH)
  await once(events.signal, 'abort')
})

test('one that reads, however little there is, stays', async t => {
  const { events, caller } = await stream(t)
  events.send('much', MUCH)
  let text = ''
  caller.setEncoding('utf8')
  // Long enough for a caller that does not read to be cut off.
  for await (const part of caller) {
    text = (text + part).slice(-200)
    // Each comment is a chunk of four bytes.
    if (/(4\r\n: \n\n\r\n){8}$/.test(text)) break
  }
  assert.equal(events.signal.aborted, false)
})
