/** What sendGatewayMessage does when its call breaks, seen by a server that breaks it. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { GatewayError, type SendOptions, sendGatewayMessage } from '../../src/client.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'
import { rawServer } from '../support/raw-server.ts'

type Act = (socket: Socket) => void

const reset: Act = socket => socket.resetAndDestroy()
const hangUp: Act = socket => socket.destroy()
const halfAnAnswer: Act = socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"recip')
const answer =
  (status: number, body: string, type = 'application/json'): Act =>
  socket =>
    socket.end(
      `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
const done = answer(200, '{"recipients":3,"nodes":2}')
const problem = (status: number): Act =>
  answer(status, JSON.stringify({ status, title: 'x', detail: 'not now' }), 'application/problem+json')

/** A server that does this with one request after the other, the last of it with all further ones. */
async function serverThat(t: TestContext, ...acts: Act[]) {
  const requests: string[] = []
  const { url } = await rawServer(t, socket => {
    let text = ''
    socket.on('data', bytes => {
      text += bytes
      if (!text.endsWith('}')) return
      requests.push(text)
      const act = acts.length > 1 ? acts.shift() : acts[0]
      act?.(socket)
    })
  })
  const keys = () => requests.map(request => /^idempotency-key: (.*)\r$/im.exec(request)?.[1])
  const send = (options: SendOptions = {}) =>
    sendGatewayMessage('websocket', { message: 'hello' }, { url, token: 'x'.repeat(16), ...options })
  return { requests, keys, send }
}

/** That it fails with such an error. */
async function failure(sent: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await sent.then(
    () => undefined,
    error => error,
  )
  assert.ok(error instanceof GatewayError, String(error))
  return error
}

test('a call that breaks is made again with the same key and body, another call with another key', async t => {
  const { requests, keys, send } = await serverThat(t, reset, hangUp, halfAnAnswer, done)
  assert.deepEqual(await send(), { recipients: 3, nodes: 2 })
  assert.equal(requests.length, 4)
  assert.equal(new Set(requests).size, 1)
  assert.match(keys()[0] ?? '', /^[0-9a-f-]{36}$/)
  await send()
  assert.notEqual(keys()[4], keys()[0])
  await send({ idempotencyKey: 'order 7' })
  assert.equal(keys()[5], 'order 7')
})

test('a proxy without a gateway behind it is asked again', async t => {
  const { requests, send } = await serverThat(
    t,
    answer(502, '<h1>Bad Gateway</h1>', 'text/html'),
    answer(503, '{"message": "no upstream"}'),
    answer(504, '"late"'),
    done,
  )
  assert.deepEqual(await send(), { recipients: 3, nodes: 2 })
  assert.equal(requests.length, 4)
})

test('after four tries it says what the last one has come to', async t => {
  const broken = await serverThat(t, reset)
  const { code, status, detail } = await failure(broken.send())
  assert.deepEqual([code, status, broken.requests.length], ['ECONNRESET', undefined, 4])
  assert.match(detail, /has ended the call without an answer/)
  const away = await serverThat(t, answer(502, ''))
  assert.equal((await failure(away.send())).status, 502)
  assert.equal(away.requests.length, 4)
})

test("the gateway's own answer is final, whatever it says", async t => {
  for (const status of [400, 409, 422, 500, 502, 503, 504]) {
    const { requests, send } = await serverThat(t, problem(status), done)
    const error = await failure(send())
    assert.deepEqual([error.status, error.detail, requests.length], [status, 'not now', 1])
  }
  const { requests, send } = await serverThat(t, answer(500, 'oops'), done)
  assert.equal((await failure(send())).status, 500)
  assert.equal(requests.length, 1)
  const other = await serverThat(t, socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'.repeat(5000)), done)
  assert.match((await failure(other.send())).detail, /does not speak HTTP/)
  assert.equal(other.requests.length, 1)
})

test('who gives up is asked no more, and is told at once', async t => {
  const giving = new AbortController()
  const { requests, send } = await serverThat(t, socket => {
    socket.destroy()
    setTimeout(() => giving.abort(), 20)
  })
  assert.equal((await failure(send({ signal: giving.signal }))).code, 'ABORT_ERR')
  const late = await serverThat(t, hangUp)
  const begun = performance.now()
  assert.equal((await failure(late.send({ signal: AbortSignal.timeout(60) }))).code, 'ETIMEDOUT')
  assert.ok(performance.now() - begun < 10_000)
  await new Promise(done => setTimeout(done, 1000))
  assert.equal(requests.length, 1)
  assert.ok(late.requests.length <= 1)
})

test('an absent gateway is refused at once; one that goes during the tries is said to have broken off', async t => {
  const controlDir = temporaryFolder(t)
  const times: number[] = []
  for (let time = 0; time < 3; time++) {
    const begun = performance.now()
    const absent = await failure(sendGatewayMessage('websocket', { message: 1 }, { controlDir }))
    times.push(performance.now() - begun)
    assert.equal(absent.code, 'ENOENT')
  }
  // A busy machine may take long for one of them. Further tries would take longer each time.
  assert.ok(Math.min(...times) < 1000, `${times}`)
  const { url } = await rawServer(t, (socket, server) => {
    server.close()
    socket.once('data', () => socket.destroy())
  })
  const gone = await failure(sendGatewayMessage('websocket', { message: 1 }, { url, token: 'x'.repeat(16) }))
  assert.deepEqual([gone.code, gone.isAbsent], ['ECONNRESET', false])
})

test('a key that could not stand in a header is no key', async t => {
  const { requests, send } = await serverThat(t, done)
  for (const idempotencyKey of ['', 'a\r\nX: 1', 'ä', ' a', 'a ', 'x'.repeat(256)]) {
    await assert.rejects(send({ idempotencyKey }), TypeError)
  }
  assert.equal(requests.length, 0)
})

test('a gateway that is killed in the middle of a call', async t => {
  const gateway = await startGateway(t)
  gateway.child.kill('SIGSTOP')
  const controlDir = `${gateway.folder}/run`
  const sent = failure(sendGatewayMessage('websocket', { message: 1 }, { controlDir }))
  await new Promise(done => setTimeout(done, 100))
  gateway.child.kill('SIGKILL')
  const { code, isAbsent } = await sent
  assert.deepEqual([code, isAbsent], ['ECONNRESET', false])
})
