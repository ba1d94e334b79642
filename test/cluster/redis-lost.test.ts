import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joined, NODE_TIMEOUT_MS, shortLived, startCluster, untilStatus } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'
import { startTraffic } from '../support/traffic.ts'

test('Redis killed and started again in the middle of traffic: nothing lost, nothing twice, order kept', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t)
  const traffic = await startTraffic(t, nodes)
  await traffic.flows(100)
  for (let i = 0; i < 3; i++) {
    await redis.kill()
    await Promise.all(
      nodes.map(node => untilStatus(node, 'away', ({ backplane }) => backplane.state === 'away')),
    )
    await traffic.flows(100)
    await redis.start()
    await joined(nodes)
    await traffic.flows(100)
    // The next time it is away so shortly that perhaps nobody notices more than a broken connection.
    await redis.restart()
    await traffic.flows(50)
  }
  await joined(nodes)
  await traffic.complete()
  for (const node of nodes) {
    const { backplane } = (await node.call('GET', '/status')).body
    assert.equal(backplane.dropped, 0)
    assert.equal(backplane.missed, 0)
    assert.equal(backplane.bufferedMessages, 0)
    await node.line(line => line.event === 'cluster.away' && line.level === 40)
    await node.event('cluster.back')
  }
})

test('Redis paused for longer than the time of a node, and continued: nothing lost, nothing twice', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t, { env: shortLived })
  const traffic = await startTraffic(t, nodes)
  await traffic.flows(100)
  redis.pause()
  const end = performance.now() + 3 * NODE_TIMEOUT_MS
  // It is local traffic that goes on meanwhile.
  await eventually('the pause', async () => {
    await traffic.flows(20)
    return performance.now() > end
  })
  redis.resume()
  await joined(nodes)
  await traffic.flows(100)
  await traffic.complete()
})

test('the connections are cut in the middle of traffic, again and again', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t)
  const traffic = await startTraffic(t, nodes)
  for (let i = 0; i < 10; i++) {
    await traffic.flows(20)
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  }
  await joined(nodes)
  await traffic.complete()
})

test('FLUSHALL in the middle of traffic stops nothing', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t)
  const traffic = await startTraffic(t, nodes)
  for (let i = 0; i < 3; i++) {
    await traffic.flows(100)
    await redis.command('FLUSHALL')
  }
  await joined(nodes)
  // What nobody had read yet is gone. What is published from now on is not.
  await traffic.wholeFromHere(100)
})
