import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, joined, startCluster, startNode } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'

test('of several tabs on several nodes, the info that was set last counts everywhere', {
  skip: withoutRedis,
}, async t => {
  const listener = {
    'listener.mjs': `
      export const onClientOpen = data => {
        data.conn.user = 'anna'
        data.conn.join('a')
        data.conn.send('')
      }
      export const onMessage = data => {
        data.conn.info = JSON.parse(data.message)
        data.message = null
        data.conn.send('set')
      }`,
  }
  const { redis, nodes: started } = await startCluster(t, { listener })
  const nodes: GatewayProcess[] = [...started]
  const [one, two] = started
  const first = await enter(t, one)
  const second = await enter(t, two)
  const everywhere = (info: unknown) =>
    Promise.all(
      nodes.map(node =>
        eventually(`the info ${JSON.stringify(info)}`, async () => {
          const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
          return (
            JSON.stringify(body.members) === JSON.stringify([{ user: 'anna', ...(info ? { info } : {}) }])
          )
        }),
      ),
    )
  await everywhere(undefined)
  const steps: [typeof first, unknown][] = [
    [first, { mood: 'good' }],
    [second, { mood: 'better' }],
    [first, { mood: 'best' }],
    [second, [1, 'ü', null]],
    [first, 'last'],
  ]
  for (const [{ client }, info] of steps) {
    client.send(JSON.stringify(info))
    await everywhere(info)
  }
  // Who comes later hears of both tabs, and must show what the others show.
  nodes.push(await startNode(t, redis, { listener }), await startNode(t, redis, { listener }))
  await everywhere('last')
  second.client.send('"second"')
  await everywhere('second')
  nodes.push(await startNode(t, redis, { listener }))
  await everywhere('second')
  await second.client.close()
  // Whatever counts now, it is the same everywhere.
  for (const node of nodes)
    await eventually('one connection', async () => {
      const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
      return body.connections === 1
    })
  const shown = async (node: GatewayProcess) =>
    JSON.stringify((await node.call('GET', '/groups/a/members?scope=cluster')).body.members)
  const expected = await shown(one)
  nodes.push(await startNode(t, redis, { listener }))
  await joined(nodes)
  for (const node of nodes) assert.equal(await shown(node), expected)
})
