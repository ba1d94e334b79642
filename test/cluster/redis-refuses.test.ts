import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  joined,
  NODE_TIMEOUT_MS,
  shortLived,
  startCluster,
  startNodes,
  untilStatus,
} from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startTraffic } from '../support/traffic.ts'

/** Redis is there and answers, but takes nothing: full, a replica for the time of a failover, without replicas. */
const refusals: [string, string[], string[]][] = [
  ['full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ['a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  [
    'without replicas',
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  ],
]

for (const [what, begin, end] of refusals) {
  test(`a Redis that is ${what} for a while is told of, and nothing is lost`, {
    skip: withoutRedis,
  }, async t => {
    const { redis, nodes } = await startCluster(t, { env: shortLived })
    const traffic = await startTraffic(t, nodes)
    await traffic.flows(50)
    await redis.command(...begin)
    for (const node of nodes)
      await untilStatus(node, 'an error', ({ backplane }) => typeof backplane.error === 'string')
    assert.equal((await nodes[0].call('GET', '/health')).body.status, 'warn')
    const over = performance.now() + NODE_TIMEOUT_MS
    await eventually('the refusal', async () => {
      await traffic.flows(20)
      return performance.now() > over
    })
    await redis.command(...end)
    await joined(nodes, 20_000)
    await traffic.flows(50)
    await traffic.complete()
  })
}

test('a Redis that has forgotten everything when it comes back stops nothing', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const nodes = await startNodes(t, redis)
  const traffic = await startTraffic(t, nodes)
  for (let i = 0; i < 3; i++) {
    await traffic.flows(50)
    await redis.restart()
  }
  await joined(nodes)
  await traffic.wholeFromHere(50)
})
