/** Idempotency-Key on POST /push: tried again, and pushed once. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { type Client, connect } from '../support/client.ts'
import { type Answer, callSocket, type GatewayProcess, startGateway } from '../support/gateway.ts'

/** A push may wait until another one lets it go, and may fail for as long as the test says. */
const listener = {
  'listener.mjs': `let bad = true
export const onMessage = async (data, gateway) => {
  gateway.log.info({ text: data.message }, 'asked')
  if (data.mend) bad = false
  if (data.fail && bad) throw new Error('not yet')
  if (data.wait) await new Promise(done => { gateway.state.go = done })
  if (data.go) gateway.state.go()
}`,
}

function push(
  gateway: GatewayProcess,
  key: string | undefined,
  body: unknown,
  type = 'application/json',
): Promise<Answer> {
  const headers = { 'content-type': type, ...(key !== undefined && { 'idempotency-key': key }) }
  return callSocket(
    gateway.socket,
    'POST',
    '/push',
    typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  )
}

const isReplay = ({ headers }: Answer): boolean => headers['idempotent-replayed'] === 'true'

/** What a client has got, once it is so many: a pong may overtake the last of them, but hardly one more. */
async function got(client: Client, count: number): Promise<unknown[]> {
  await client.messages(count)
  await client.settled()
  return client.got
}

test('the same key and body get the same answer, and nothing is pushed', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, gateway.url)
  const first = await push(gateway, 'one', { message: 'a' })
  assert.deepEqual([first.status, first.body, isReplay(first)], [200, { recipients: 1 }, false])
  // The answer is the first one's, also when another push would reach more.
  await connect(t, gateway.url)
  const second = await push(gateway, 'one', { message: 'a' })
  assert.deepEqual([second.status, second.body, isReplay(second)], [200, { recipients: 1 }, true])
  const other = await push(gateway, 'two', { message: 'a' })
  assert.deepEqual([other.body, isReplay(other)], [{ recipients: 2 }, false])
  for (let n = 0; n < 2; n++) assert.ok(!isReplay(await push(gateway, undefined, { message: 'b' })))
  assert.deepEqual(await got(client, 4), ['a', 'a', 'b', 'b'])
  assert.equal((await gateway.call('GET', '/status')).body.counters.pushes, 4)
})

test('calls during the first wait for its answer', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, gateway.url)
  const body = { message: 'a', wait: true }
  const calls = [push(gateway, 'k', body)]
  await gateway.line(line => line.msg === 'asked')
  let answered = 0
  for (let n = 0; n < 5; n++) calls.push(push(gateway, 'k', body))
  for (const call of calls) call.then(() => answered++)
  // While they wait, another body is another push, whatever comes of the first.
  assert.equal((await push(gateway, 'k', { message: 'b' })).status, 422)
  assert.equal(answered, 0)
  assert.equal((await push(gateway, 'other', { message: 'go', go: true })).status, 200)
  const answers = await Promise.all(calls)
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, { recipients: 1 }])
  assert.deepEqual(answers.map(isReplay), [false, true, true, true, true, true])
  assert.deepEqual((await got(client, 2)).toSorted(), ['a', 'go'])
  assert.equal(gateway.lines.filter(({ msg, text }) => msg === 'asked' && text === 'a').length, 1)
})

test('many at once with the same key: one push', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const answers = await Promise.all(Array.from({ length: 50 }, () => push(gateway, 'k', { message: 'a' })))
  assert.equal(answers.filter(answer => !isReplay(answer)).length, 1)
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.deepEqual(await got(client, 1), ['a'])
})

test('another body with the same key is 422, and is not pushed', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  await push(gateway, 'k', { message: 'a' })
  for (const body of [{ message: 'b' }, { message: 'a', except: [] }, { message: 'a', groups: ['x'] }]) {
    const answer = await push(gateway, 'k', body)
    assert.deepEqual([answer.status, answer.headers['content-type']], [422, 'application/problem+json'])
    assert.match(answer.body.detail, /Idempotency-Key/i)
  }
  assert.ok(isReplay(await push(gateway, 'k', { message: 'a' })))
  assert.deepEqual(await got(client, 1), ['a'])
})

test('what failed may be tried again with the key, also with another body', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_MAX_PAYLOAD_BYTES: '1000' } })
  const client = await connect(t, gateway.url)
  const failing = { message: 'a', fail: true }
  for (let n = 0; n < 2; n++) {
    const answer = await push(gateway, 'k', failing)
    assert.deepEqual([answer.status, isReplay(answer)], [500, false])
  }
  assert.equal((await push(gateway, 'k', { message: 1, connections: 'x' })).status, 400)
  assert.equal((await push(gateway, 'k', '{')).status, 400)
  assert.equal((await push(gateway, 'k', { message: 'x'.repeat(1001) })).status, 413)
  await gateway.call('POST', '/stop')
  assert.equal((await push(gateway, 'k', { message: 'b' })).status, 409)
  await gateway.call('POST', '/start')
  const again = await connect(t, gateway.url)
  await push(gateway, undefined, { message: 'mended', mend: true })
  const good = await push(gateway, 'k', failing)
  assert.deepEqual([good.status, isReplay(good)], [200, false])
  assert.ok(isReplay(await push(gateway, 'k', failing)))
  assert.deepEqual(await got(again, 2), ['mended', 'a'])
  assert.equal((await client.closed).code, 1001)
})

test('a call that waits for one that fails does not hang, and pushes at most once', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `let tries = 0
export const onMessage = async (data, gateway) => {
  gateway.log.info('asked')
  if (data.go) return gateway.state.go()
  if (tries++ > 0) return
  await new Promise(done => { gateway.state.go = done })
  throw new Error('the first fails')
}`,
    },
  })
  const client = await connect(t, gateway.url)
  const first = push(gateway, 'k', { message: 'a' })
  await gateway.line(line => line.msg === 'asked')
  const second = push(gateway, 'k', { message: 'a' })
  // Whatever is asked after it has been read is answered after it.
  await push(gateway, undefined, { message: null, go: true })
  assert.equal((await first).status, 500)
  const { status } = await second
  assert.ok(status === 500 || status === 200, String(status))
  const pushed = status === 200 ? 1 : 0
  assert.equal((await got(client, pushed)).length, pushed)
  assert.equal((await push(gateway, 'k', { message: 'a' })).status, 200)
  assert.deepEqual(await got(client, 1), ['a'])
})

test('a key has 1 to 255 printable ASCII characters, and goes with one push alone', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  for (const key of ['', 'x'.repeat(256), 'é', 'a\tb', '\x80']) {
    const answer = await push(gateway, key, { message: 'never' })
    assert.deepEqual([answer.status, answer.headers['content-type']], [400, 'application/problem+json'], key)
    assert.match(answer.body.detail, /Idempotency-Key/i)
  }
  const stream = await push(gateway, 'k', '{"message":"never"}\n', 'application/x-ndjson')
  assert.equal(stream.status, 400)
  assert.match(stream.body.detail, /Idempotency-Key/i)
  for (const key of ['x'.repeat(255), '!', '~', '"8e03978e-40d5-43e8-bc93-6894a57f9324"', '__proto__']) {
    assert.ok(!isReplay(await push(gateway, key, { message: 'x' })), key)
    assert.ok(isReplay(await push(gateway, key, { message: 'x' })), key)
  }
  assert.deepEqual(await got(client, 5), ['x', 'x', 'x', 'x', 'x'])
})

test('a caller that goes away before the answer: the next call gets it', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, gateway.url)
  const body = JSON.stringify({ message: 'a', wait: true })
  const call = request({
    socketPath: gateway.socket,
    method: 'POST',
    path: '/push',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
  })
  call.on('error', () => undefined)
  call.end(body)
  await gateway.line(line => line.msg === 'asked')
  call.destroy()
  await push(gateway, undefined, { message: null, go: true })
  assert.deepEqual(await client.messages(1), ['a'])
  const again = await push(gateway, 'k', body)
  assert.deepEqual([again.status, again.body, isReplay(again)], [200, { recipients: 1 }, true])
  assert.deepEqual(await got(client, 1), ['a'])
})
