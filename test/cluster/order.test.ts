import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { startCluster } from '../support/cluster.ts'
import { callSocket } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'
import { faultIn, numbersOf, startTraffic } from '../support/traffic.ts'

test('in quiet: everything arrives everywhere, once, in the order of each publisher', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const traffic = await startTraffic(t, nodes, 1)
  await traffic.flows(500)
  await traffic.complete()
  for (const node of nodes) {
    const { backplane } = (await node.call('GET', '/status')).body
    assert.equal(backplane.dropped, 0)
    assert.equal(backplane.missed, 0)
    assert.ok(backplane.published >= 1000, `${backplane.published} published`)
    assert.ok(backplane.received >= 2000, `${backplane.received} received`)
  }
})

test('a burst of each node at once, by stream and by client, stays whole and in order', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const count = 5000
  const subscribers = await Promise.all(
    nodes.map(async (node, i) => ({ name: `at node ${i}`, node, client: await connect(t, node.url) })),
  )
  const senders = await Promise.all(nodes.map(node => connect(t, node.url)))
  const streams = nodes.map((node, n) => {
    const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ message: `stream-${n} ${i}` }))
    return callSocket(node.socket, 'POST', '/push', `${lines.join('\n')}\n`, {
      'content-type': 'application/x-ndjson',
    })
  })
  for (let i = 0; i < count; i++) for (const [n, sender] of senders.entries()) sender.send(`sender-${n} ${i}`)
  for (const answer of await Promise.all(streams)) {
    assert.equal(answer.status, 200)
    assert.equal(answer.body.pushed, count)
  }
  for (const subscriber of subscribers) {
    // The listener's first word, and three streams and three senders.
    await subscriber.client.messages(1 + 6 * count, 60_000)
    for (const n of nodes.keys())
      for (const name of [`stream-${n}`, `sender-${n}`])
        assert.equal(faultIn(numbersOf(subscriber, { name }), count, false), undefined, subscriber.name)
  }
})
