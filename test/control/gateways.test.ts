import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { listen } from '../support/events.ts'
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

  const { body } = await call('GET', '/gateways')
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
