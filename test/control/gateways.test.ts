import assert from 'node:assert/strict'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { listen } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { callSocket, startGateway } from '../support/gateway.ts'

test('the gateways of a control folder, each of which passes calls on to the others', async t => {
  const one = await startGateway(t, { env: { WS_GATEWAY_ID: 'one' } })
  const env = { WS_GATEWAY_ID: 'two', WS_CONTROL_DIR: join(one.folder, 'run') }
  const two = await startGateway(t, { env })
  const socket = join(one.folder, 'run', 'one.sock')
  const call = (method: string, path: string, body?: string | Buffer, headers?: Record<string, string>) =>
    callSocket(socket, method, path, body, headers)
  const dead = createServer().listen(join(one.folder, 'run', 'silent.sock'))
  t.after(() => dead.close())
  writeFileSync(join(one.folder, 'run', 'file.sock'), 'no socket')

  // On a busy machine one that is there may be asked in vain as well.
  const { body } = await eventually('the other one', async () => {
    const answer = await call('GET', '/gateways')
    return (
      answer.body.gateways.some(
        (g: { id: string; state: string }) => g.id === 'two' && g.state === 'running',
      ) && answer
    )
  })
  const [silent, ...others] = body.gateways
    .toSorted((a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1))
    .toReversed()
    .filter((g: { id: string }) => g.id === 'silent')
    .concat(body.gateways.filter((g: { id: string }) => g.id !== 'silent'))
  assert.deepEqual(silent, { id: 'silent', state: 'no answer', self: false })
  assert.deepEqual(
    others.map(({ id, state, self, mode, connections }: Record<string, unknown>) => ({
      id,
      state,
      self,
      mode,
      connections,
    })),
    [
      { id: 'one', state: 'running', self: true, mode: 'automatic', connections: 0 },
      { id: 'two', state: 'running', self: false, mode: 'automatic', connections: 0 },
    ],
  )

  // A push, a stream of pushes, a page with a query, a stream of events, and what is refused.
  const client = await connect(t, two.url)
  const json = { 'content-type': 'application/json' }
  const pushed = await call('POST', '/gateways/two/push', '{"message":"hello"}', json)
  assert.deepEqual([pushed.status, pushed.body], [200, { recipients: 1 }])
  const lines = await call('POST', '/gateways/two/push', '{"message":"a"}\n{"message":"b"}\n', {
    'content-type': 'application/x-ndjson',
  })
  assert.deepEqual(lines.body, { pushed: 2, recipients: 2, failed: 0 })
  assert.deepEqual(await client.messages(3), ['hello', 'a', 'b'])
  assert.equal((await call('GET', '/gateways/two/connections?limit=1')).body.connections.length, 1)
  const refused = await call('GET', '/gateways/two/connections?limit=x')
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.equal(refused.status, 400)
  const events = await listen(t, socket, '/gateways/two/events')
  assert.equal((await events.of('status', 1))[0].id, 'two')
  events.close()
  // An answer that comes before the body is read is not lost.
  for (let i = 0; i < 50; i++)
    assert.equal((await call('POST', '/gateways/two/push', 'message=x')).status, 415)

  assert.equal((await call('POST', '/gateways/two/stop')).body.state, 'stopped')
  assert.equal((await client.closed).code, 1001)
  assert.equal((await call('POST', '/gateways/two/start')).body.state, 'running')
  for (const path of [
    '/gateways/three/status',
    '/gateways/..%2fone/status',
    '/gateways/two/gateways/one/status',
    '/gateways/two',
  ])
    assert.equal((await call('GET', path)).status, 404, path)
  const method = await call('PATCH', '/gateways/two/status')
  assert.deepEqual([method.status, method.headers.allow], [405, 'GET, HEAD, POST, PUT, DELETE'])
})

test('a call that is passed on is one call, whatever its method and body, and ends with whoever makes it', async t => {
  const one = await startGateway(t, { env: { WS_GATEWAY_ID: 'one' } })
  const folder = join(one.folder, 'run')
  await startGateway(t, { env: { WS_GATEWAY_ID: 'two', WS_CONTROL_DIR: folder } })
  const socket = join(folder, 'one.sock')
  const say = (text: string) => {
    const caller = createConnection(socket)
    t.after(() => caller.destroy())
    caller.write(text)
    return caller
  }
  const status = async (text: string): Promise<string> =>
    String((await once(say(text), 'data'))[0]).slice(9, 12)

  // What stands in a body is no call.
  const hidden = 'POST /stop HTTP/1.1\r\nHost: two\r\nContent-Length: 0\r\n\r\n'
  const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
  const chunked = 'Host: one\r\nTransfer-Encoding: chunked\r\n\r\n'
  assert.equal(await status(`DELETE /gateways/two/connections/x HTTP/1.1\r\n${chunked}${chunk}`), '404')
  assert.equal(await status(`GET /gateways/two/status HTTP/1.1\r\n${chunked}${chunk}`), '200')
  assert.equal((await callSocket(join(folder, 'two.sock'), 'GET', '/status')).body.state, 'running')
  // Who waits for leave to send too much is told no.
  assert.equal(
    await status(
      'POST /gateways/two/push HTTP/1.1\r\nHost: one\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n',
    ),
    '413',
  )

  // A neighbour that answers with another protocol, and one that answers no second call.
  const strange = createServer(socket =>
    socket.write('HTTP/1.1 101 Hm\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  )
  strange.listen(join(folder, 'strange.sock'))
  t.after(() => strange.close())
  assert.equal((await callSocket(socket, 'GET', '/gateways/strange/status')).status, 502)
  const { body: like } = await callSocket(join(folder, 'two.sock'), 'GET', '/status')
  const calls: string[] = []
  const listening = createHttpServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    if (calls.length === 1) response.end(JSON.stringify(like))
  }).listen(join(folder, 'once.sock'))
  t.after(() => listening.close())
  const caller = say('GET /gateways/once/health HTTP/1.1\r\nHost: one\r\n\r\n')
  const passed = await new Promise<Socket>(resolve =>
    listening.on('request', ({ socket: from, url }) => url === '/health' && resolve(from)),
  )
  caller.destroy()
  await once(passed, 'close')
  assert.deepEqual(calls, ['GET /status', 'GET /health'])
})

test('no call is passed on to what is no gateway, such as another service in the same folder', async t => {
  const one = await startGateway(t, { env: { WS_GATEWAY_ID: 'one' } })
  const calls: string[] = []
  const other = createHttpServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    response.end('{"message":"page not found"}')
  }).listen(join(one.folder, 'run', 'docker.sock'))
  t.after(() => other.close())
  const socket = join(one.folder, 'run', 'one.sock')
  const { status, body } = await callSocket(socket, 'POST', '/gateways/docker/containers/create', '{}')
  assert.deepEqual([status, body.detail], [502, 'gateway "docker" cannot be asked: no gateway'])
  assert.deepEqual(calls, ['GET /status'])
})

test('a neighbour is called by the name of its socket, and what is no gateway is told from one', async t => {
  const one = await startGateway(t, { env: { WS_GATEWAY_ID: 'one' } })
  const folder = join(one.folder, 'run')
  symlinkSync('one.sock', join(folder, 'link.sock'))
  const odd = createServer(socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull'))
  odd.listen(join(folder, 'odd.sock'))
  t.after(() => odd.close())
  const { body } = await callSocket(join(folder, 'one.sock'), 'GET', '/gateways')
  assert.deepEqual(
    body.gateways.map(({ id, state, self }: Record<string, unknown>) => ({ id, state, self })),
    [
      { id: 'link', state: 'running', self: false },
      { id: 'odd', state: 'no gateway', self: false },
      { id: 'one', state: 'running', self: true },
    ],
  )
})
