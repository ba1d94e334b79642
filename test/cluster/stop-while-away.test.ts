/** A node that stops while Redis is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, startNodes } from '../support/cluster.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('what waits for Redis goes out before the node ends, when Redis comes back in time', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  const env = { WS_SHUTDOWN_TIMEOUT_MS: '40000' }
  const [one, two] = await startNodes(t, redis, { nodes: 2, env })
  assert.ok(one && two)
  const { client } = await enter(t, one)
  const seen = client.got.length
  await redis.kill()
  await two.event('cluster.away')
  const { body } = await two.push({ message: 'kept' })
  assert.deepEqual(body, { recipients: 0, nodes: 1, kept: true })
  two.child.kill('SIGTERM')
  await two.line(line => line.event === 'gateway.stop')
  await redis.start()
  assert.deepEqual((await client.messages(seen + 1)).slice(seen), ['kept'])
  assert.equal((await two.exited).code, 0)
})

test('what has not gone out by then is said', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const [node] = await startNodes(t, redis, { nodes: 1, env: { WS_SHUTDOWN_TIMEOUT_MS: '1500' } })
  assert.ok(node)
  await redis.kill()
  await node.event('cluster.away')
  for (const message of ['a', 'b']) await node.push({ message })
  assert.equal((await node.stop()).code, 0)
  assert.deepEqual(
    node.lines.filter(line => line.event === 'cluster.lost').map(line => line.waiting),
    [2],
  )
})
