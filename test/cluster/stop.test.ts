import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

async function isJoined(gateway: GatewayProcess): Promise<boolean> {
  return (await gateway.call('GET', '/status')).body.backplane.state === 'joined'
}

test('a restart while Redis does not answer joins again once it does', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { persistent: false })
  const gateway = await startGateway(t, { env: { WS_REDIS_URL: redis.url, WS_SHUTDOWN_TIMEOUT_MS: '2000' } })
  redis.pause()
  t.after(() => redis.resume())
  assert.equal((await gateway.call('POST', '/restart')).status, 200)
  redis.resume()
  await eventually('that it is back', () => isJoined(gateway), 30_000)
})

test('a restart while a push of the stream takes its time ends, and the push is not lost', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes', WS_SHUTDOWN_TIMEOUT_MS: '2000' }
  const listener = {
    'listener.ts': `export const onMessage = async data => {
  if (data.message === 'slow') await new Promise(resolve => setTimeout(resolve, 4000))
}
`,
  }
  const gateway = await startGateway(t, { env, listener })
  await gateway.line(line => line.stream === 'pushes')
  await redis.command('XADD', 'pushes', '*', 'data', '{"message":"slow"}')
  await eventually('the push', async () => (await gateway.call('GET', '/status')).body.counters.pushes === 1)
  assert.equal((await gateway.call('POST', '/restart')).status, 200)
  const client = await connect(t, gateway.url)
  await redis.command('XADD', 'pushes', '*', 'data', '{"message":"later"}')
  assert.deepEqual(await client.messages(2, 20_000), ['slow', 'later'])
  assert.equal(await isJoined(gateway), true)
})
