import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('what nodes have answered each other does not stay in Redis', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url }
  const asker = await startGateway(t, { env })
  await startGateway(t, { env })
  for (let i = 0; i < 20; i++) await asker.call('GET', '/connections?scope=cluster')
  const { node } = (await asker.call('GET', '/status')).body
  const inbox = `websocket-gateway:{websocket}:node:${node}`
  await eventually('an empty inbox', async () => (await redis.command('XLEN', inbox)) === 0)
  await eventually('an answer of all', async () => {
    const { body } = await asker.call('GET', '/connections?scope=cluster')
    return body.unanswered === undefined
  })
})

test('of an order to one connection its node alone answers, of one to a user all do', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url }
  const asker = await startGateway(t, { env })
  const owner = await startGateway(t, { env })
  await startGateway(t, { env })
  const { node } = (await owner.call('GET', '/status')).body
  const nodesOf = async () => (await asker.call('GET', '/status')).body.nodes.length
  await eventually('three nodes', async () => (await nodesOf()) === 3)
  // Each answer goes to an inbox, whose time begins anew then.
  const answers = async (path: string) => {
    await redis.command('CONFIG', 'RESETSTAT')
    const { status } = await asker.call('PUT', path)
    // INFO itself is answered as it is, and not as JSON.
    const counts = await redis.command('EVAL', `return redis.call('INFO', 'commandstats')`, '0')
    return [status, Number(/cmdstat_pexpire:calls=(\d+)/.exec(counts)?.[1] ?? 0)]
  }
  assert.deepEqual(await answers(`/groups/g/connections/${node}-1`), [404, 1])
  assert.deepEqual(await answers('/groups/g/users/nobody'), [200, 2])
})
