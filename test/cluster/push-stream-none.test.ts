import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { skip, startRedis } from '../backplane/redis.ts'
import { startGateway } from '../support/gateway.ts'

test('what is no stream is complained of once, and read when it is one', { skip }, async t => {
  const redis = await startRedis(t)
  await redis.ask('SET', 'pushes', 'no stream')
  const env = { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes' }
  const gateway = await startGateway(t, { env })
  await gateway.line(line => line.stream === 'pushes')
  await delay(3500)
  const said = gateway.lines.filter(line => line.stream === 'pushes').map(line => line.event)
  assert.deepEqual(said, ['cluster.away'])
  await redis.ask('DEL', 'pushes')
  await gateway.line(line => line.msg === 'this node reads the stream of pushes')
})
