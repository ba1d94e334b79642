import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { type GatewayProcess, residentBytes, startGateway } from '../support/gateway.ts'

/** An open `POST /push` of NDJSON. */
function openStream(gateway: GatewayProcess) {
  const call: ClientRequest = request({
    socketPath: gateway.socket,
    method: 'POST',
    path: '/push',
    agent: false,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  const answered = once(call, 'response').then(async ([response]: IncomingMessage[]) => {
    let text = ''
    for await (const chunk of response ?? []) text += chunk
    return { status: response?.statusCode, body: JSON.parse(text) }
  })
  answered.catch(() => undefined)
  return {
    call,
    answered,
    async write(text: string): Promise<void> {
      if (!call.write(text)) await once(call, 'drain')
    },
  }
}

const line = (message: unknown): string => `${JSON.stringify({ message })}\n`

test('each line is pushed as it arrives, in order, with one line in the log for all', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onMessage = async data => {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 5))
        if (data.message === 'bad') throw new Error('no')
      }`,
    },
  })
  const client = await connect(t, gateway.url)
  const stream = openStream(gateway)
  await stream.write(line('first'))
  assert.deepEqual(await client.messages(1), ['first'])
  await stream.write('{"messa')
  await stream.write('ge":"in parts"}\r\n\n  \n')
  await client.messages(2)
  for (let n = 0; n < 20; n++) await stream.write(line(n))
  await stream.write(line('bad'))
  stream.call.end('{"message":"without a line feed"}')
  assert.deepEqual(await stream.answered, { status: 200, body: { pushed: 23, recipients: 23, failed: 1 } })
  const expected = [
    'first',
    'in parts',
    ...Array.from({ length: 20 }, (_, n) => String(n)),
    'without a line feed',
  ]
  assert.deepEqual(await client.messages(23), expected)
  const logged = await gateway.events('push', 1)
  assert.equal(logged.length, 1)
  assert.deepEqual([logged[0]?.pushed, logged[0]?.recipients, logged[0]?.failed], [23, 23, 1])
})

test('a line that is no push ends the stream with its number; what came before has been pushed', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  for (const [bad, detail] of [
    ['{"x":1}', /"message"/],
    ['nonsense', /no JSON/],
    ['\xff', /no JSON/],
  ] as const) {
    const stream = openStream(gateway)
    stream.call.write(line('a') + line('b'))
    stream.call.write(Buffer.from(`${bad}\n`, 'latin1'))
    // It never ends by itself: the answer must come all the same.
    const { status, body } = await stream.answered
    assert.equal(status, 400)
    assert.deepEqual([body.pushed, body.line], [2, 3])
    assert.match(body.detail, detail)
    stream.call.destroy()
  }
  assert.equal((await client.messages(6)).length, 6)
})

test('a client that goes on sending after the answer, on a connection that it wants closed, is not cut off', async t => {
  const gateway = await startGateway(t)
  const socket = createConnection(gateway.socket)
  t.after(() => socket.destroy())
  const headers = [
    'POST /push HTTP/1.1',
    'Host: x',
    'Connection: close',
    'Content-Type: application/x-ndjson',
    'Transfer-Encoding: chunked',
  ]
  socket.write(`${headers.join('\r\n')}\r\n\r\n9\r\nnonsense\n\r\n`)
  let text = ''
  while (!text.includes('"line":1}')) text += (await once(socket, 'data'))[0]
  assert.match(text, /^HTTP\/1.1 400 .*\r\n/)
  const closed = once(socket, 'close')
  for (let n = 0; n < 10; n++) {
    await new Promise(resolve => socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`, resolve))
  }
  socket.end('0\r\n\r\n')
  assert.deepEqual(await closed, [false])
})

test('a line that is too long is 413 with its number, without being held in memory', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_PAYLOAD_BYTES: '1000' } })
  const stream = openStream(gateway)
  stream.call.on('error', () => undefined)
  stream.call.write(line('fine'))
  const chunk = 'x'.repeat(65536)
  let over = false
  stream.answered.finally(() => {
    over = true
  })
  for (let n = 0; n < 400 && !over; n++) await Promise.race([stream.write(chunk), stream.answered])
  const { status, body } = await stream.answered
  assert.deepEqual([status, body.pushed, body.line], [413, 1, 2])
  stream.call.destroy()
  const short = openStream(gateway)
  short.call.end(line('x'.repeat(1001)))
  const answer = await short.answered
  assert.deepEqual([answer.status, answer.body.line], [413, 1])
})

test('a stream that breaks off pushes no half line', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const stream = openStream(gateway)
  stream.call.on('error', () => undefined)
  await stream.write(line('whole'))
  await client.messages(1)
  await stream.write('{"message":"half"}')
  stream.call.destroy()
  const logged = await gateway.event('push')
  assert.equal(logged.pushed, 1)
  assert.equal((await gateway.call('GET', '/status')).body.counters.pushes, 1)
})

test('a gateway that stops ends the stream with 409', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const stream = openStream(gateway)
  await stream.write(line('a'))
  await client.messages(1)
  await gateway.call('POST', '/stop')
  await stream.write(line('b'))
  const { status, body } = await stream.answered
  assert.deepEqual([status, body.pushed, body.line], [409, 1, 2])
  stream.call.destroy()
})

test('100,000 lines: in order, in bounded memory, also with a client that has stopped reading', async t => {
  const gateway = await startGateway(t)
  const reader = await connect(t, gateway.url)
  const stalled = await connect(t, gateway.url)
  stalled.ws.pause()
  const lines = 100_000
  const padding = 'x'.repeat(200)
  const stream = openStream(gateway)
  const before = residentBytes(gateway.child.pid)
  let peak = before
  let next = 0
  let wrong = 0
  reader.ws.removeAllListeners('message')
  const done = new Promise<void>(resolve => {
    reader.ws.on('message', (data: Buffer) => {
      if (Number.parseInt(data.toString(), 10) !== next++) wrong++
      if (next % 5000 === 0) peak = Math.max(peak, residentBytes(gateway.child.pid))
      if (next === lines) resolve()
    })
  })
  for (let n = 0; n < lines; n += 100) {
    await stream.write(Array.from({ length: 100 }, (_, i) => line(`${n + i} ${padding}`)).join(''))
  }
  stream.call.end()
  const { status, body } = await stream.answered
  assert.deepEqual([status, body.pushed, body.failed], [200, lines, 0])
  await done
  assert.equal(wrong, 0)
  assert.ok(peak - before < 80e6, `grew by ${(peak - before) / 1e6} MB`)
})

test('a healthy client that reads slowly slows the stream instead of filling the memory', async t => {
  const gateway = await startGateway(t)
  const slow = await connect(t, gateway.url)
  const stream = openStream(gateway)
  const padding = 'x'.repeat(10_000)
  const lines = 4000
  let read = 0
  slow.ws.removeAllListeners('message')
  const done = new Promise<void>(resolve => {
    slow.ws.on('message', () => {
      if (++read === lines) resolve()
      if (read % 100 !== 0) return
      slow.ws.pause()
      setTimeout(() => slow.ws.resume(), 10)
    })
  })
  const before = residentBytes(gateway.child.pid)
  for (let n = 0; n < lines; n++) await stream.write(line(padding))
  stream.call.end()
  assert.equal((await stream.answered).body.pushed, lines)
  await done
  assert.ok(residentBytes(gateway.child.pid) - before < 80e6)
  assert.equal(slow.ws.readyState, slow.ws.OPEN)
})
