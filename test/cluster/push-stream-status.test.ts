/** How it stands with the stream of pushes: in the status, the health and the log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('a stream that cannot be read is a warning, said once, until it can', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  await redis.command('SET', 'pushes', 'no stream')
  const gateway = await startGateway(t, {
    env: { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes', WS_NODE_TIMEOUT_MS: '6000' },
  })
  const warned = await eventually('a warning', async () => {
    const { body } = await gateway.call('GET', '/health')
    return body.status === 'warn' && body
  })
  assert.match(warned.output, /the stream "pushes" \(WS_PUSH_STREAM\) cannot be read: WRONGTYPE/)
  const { body } = await gateway.call('GET', '/status')
  assert.equal(body.pushStream.name, 'pushes')
  assert.equal(body.pushStream.isReader, false)
  assert.match(body.pushStream.error, /^WRONGTYPE/)
  await redis.command('DEL', 'pushes')
  await eventually('all well', async () => (await gateway.call('GET', '/health')).body.status === 'pass')
  await gateway.line(line => line.stream === 'pushes' && /this node reads/.test(line.msg ?? ''))
  const lines = gateway.lines.filter(line => line.stream === 'pushes').map(({ msg = '' }) => msg)
  assert.equal(lines.length, 2, lines.join('\n'))
  assert.match(lines[0] ?? '', /cannot be read/)
  assert.match(lines[1] ?? '', /this node reads/)
  await redis.command('XADD', 'pushes', '*', 'daten', '{"message": 1}', 'n', '2')
  await eventually('a dead letter', async () => (await redis.command('XLEN', 'pushes:dead')) === 1)
  const [[, fields]] = (await redis.command('XRANGE', 'pushes:dead', '-', '+')) as [[string, string[]]]
  assert.equal(fields[1], '{"daten":"{\\"message\\": 1}","n":"2"}')
})
