import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, skip, startRedis } from '../backplane/redis.ts'
import { startGateway } from '../support/gateway.ts'

test('what nodes have answered each other does not stay in Redis', { skip }, async t => {
  const redis = await startRedis(t)
  const env = { WS_REDIS_URL: redis.url }
  const asker = await startGateway(t, { env })
  await startGateway(t, { env })
  for (let i = 0; i < 20; i++) await asker.call('GET', '/connections?scope=cluster')
  const { node } = (await asker.call('GET', '/status')).body
  const inbox = `websocket-gateway:{websocket}:node:${node}`
  await eventually('an empty inbox', async () => (await redis.ask('XLEN', inbox)) === '0')
  assert.equal((await asker.call('GET', '/connections?scope=cluster')).body.unanswered, undefined)
})
