import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  joined,
  NODE_TIMEOUT_MS,
  nodeId,
  shortLived,
  startCluster,
  startNode,
  untilStatus,
} from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'
import { faultIn, numbersOf, startTraffic } from '../support/traffic.ts'

test('a node killed in the middle of traffic: the others lose nothing, and get its last words alike', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t, { env: shortLived })
  const [one, two, three] = nodes
  const traffic = await startTraffic(t, nodes)
  await traffic.flows(100)
  await three.stop('SIGKILL')
  const left = traffic.publishers.filter(({ node }) => node !== three)
  const dead = traffic.publishers.filter(({ node }) => node === three)
  await traffic.flows(100, left)
  await joined([one, two])
  const next = await startNode(t, redis, { env: shortLived })
  await joined([one, two, next])
  await traffic.flows(100, left)
  traffic.publishers.splice(0, Infinity, ...left)
  traffic.subscribers.splice(2)
  await traffic.complete()
  for (const publisher of dead) {
    const [at1 = [], at2 = []] = traffic.subscribers.map(subscriber => numbersOf(subscriber, publisher))
    assert.ok(at1.length >= 50)
    assert.equal(faultIn(at1, at1.length, false), undefined, 'what came of it is whole up to its end')
    assert.deepEqual(at1, at2)
  }
})

test('a node stopped for longer than its time, and continued: it gets everything, once and in order', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: shortLived })
  const [one, two, three] = nodes
  const id = await nodeId(three)
  const traffic = await startTraffic(t, nodes)
  await traffic.flows(100)
  three.child.kill('SIGSTOP')
  const left = traffic.publishers.filter(({ node }) => node !== three)
  await joined([one, two])
  const end = performance.now() + 2 * NODE_TIMEOUT_MS
  await eventually('the pause', async () => {
    await traffic.flows(20, left)
    return performance.now() > end
  })
  three.child.kill('SIGCONT')
  await joined(nodes)
  assert.equal(await nodeId(three), id, 'its connections have their ids still')
  await traffic.flows(100)
  await traffic.complete()
  const { backplane } = (await three.call('GET', '/status')).body
  assert.equal(backplane.missed, 0)
  for (const subscriber of traffic.subscribers) assert.equal(subscriber.client.ws.readyState, 1)
})

test('a node that stops in good order has sent all that it was told, and is gone at once', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: { WS_NODE_TIMEOUT_MS: '60000' } })
  const [one, two, three] = nodes
  const traffic = await startTraffic(t, [one, two])
  await traffic.flows(50)
  for (let i = 0; i < 200; i++) assert.equal((await three.push({ message: `leaving ${i}` })).status, 200)
  assert.equal((await three.stop()).code, 0)
  await Promise.all(
    [one, two].map(node => untilStatus(node, 'two nodes', status => status.nodes.length === 2, 20_000)),
  )
  await traffic.flows(50)
  await traffic.complete()
  for (const subscriber of traffic.subscribers)
    assert.equal(faultIn(numbersOf(subscriber, { name: 'leaving' }), 200, false), undefined)
})

test('stop and start of the WebSocket server leave the cluster and join it again', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  assert.equal((await three.call('POST', '/stop')).status, 200)
  const traffic = await startTraffic(t, [one, two])
  await traffic.flows(50)
  const from = three.lines.length
  const started = await three.call('POST', '/start')
  assert.equal(started.status, 200, JSON.stringify(started.body))
  await three.started(from)
  await joined(nodes)
  await traffic.flows(50)
  assert.equal((await three.call('POST', '/restart')).status, 200)
  await joined(nodes)
  await traffic.flows(50)
  assert.equal((await three.push({ message: 'push-3 0' })).body.nodes, 3)
  await traffic.complete()
  for (const subscriber of traffic.subscribers)
    assert.deepEqual(numbersOf(subscriber, { name: 'push-3' }), [0])
})
