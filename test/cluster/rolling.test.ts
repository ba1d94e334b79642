import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { joined, startCluster, startNode } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'
import { faultIn, numbersOf, startTraffic } from '../support/traffic.ts'

test('one node after the other is restarted under load: who stays loses nothing, who moves only the gap', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t)
  const [one, ...rest] = nodes
  const traffic = await startTraffic(t, [one])
  const now: GatewayProcess[] = [one, ...rest]
  // A client that comes back at another node whenever its own goes.
  const parts: string[][] = []
  for (const [i, node] of rest.entries()) {
    await traffic.flows(50)
    const moving = await connect(t, node.url)
    await eventually('its first messages', () => moving.got.length > 20)
    const folder = node.folder
    const stopped = node.stop()
    assert.equal((await moving.closed).code, 1001)
    const again = await connect(t, one.url)
    await eventually('its next messages', () => again.got.length > 20)
    parts.push(moving.got.map(String), again.got.map(String))
    assert.equal((await stopped).code, 0)
    now[i + 1] = await startNode(t, redis, { folder })
    await joined(now)
    await traffic.flows(50)
  }
  await traffic.complete()
  for (let i = 0; i < parts.length; i += 2)
    for (const { name } of traffic.publishers) {
      const numbers = [parts[i], parts[i + 1]].flatMap(texts =>
        (texts ?? []).filter(text => text.startsWith(`${name} `)).map(text => Number(text.split(' ')[1])),
      )
      assert.equal(faultIn(numbers, numbers.length, true), undefined)
      const gaps = numbers.filter((number, n) => n > 0 && number !== (numbers[n - 1] ?? 0) + 1)
      assert.ok(gaps.length <= 1, `${name}: only one gap, before ${gaps}`)
    }
  for (const node of now) {
    const client = await connect(t, node.url)
    await one.push({ message: 'last 0' })
    await eventually('it', () => client.got.includes('last 0'))
  }
  assert.deepEqual(
    traffic.subscribers.map(subscriber => numbersOf(subscriber, { name: 'last' })),
    [[0, 0, 0]],
  )
})
