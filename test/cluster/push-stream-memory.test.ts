/** A push in the stream is not lost where Redis can do only half of what settles it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('a push waits in its stream while the memory of Redis is full', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { words: ['--maxmemory-policy', 'noeviction'] })
  const listener = `let go
  const held = new Promise(resolve => { go = resolve })
  export const onMessage = async (data, gateway) => {
    if (data.go) return go()
    gateway.log.info('asked')
    await held
  }`
  const gateway = await startGateway(t, {
    listener: { 'listener.mjs': listener },
    env: { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes', WS_NODE_TIMEOUT_MS: '3000' },
  })
  const client = await connect(t, gateway.url)
  await redis.command('XADD', 'pushes', '*', 'data', '{"message": "kept"}')
  // It has been read, and is with its hook: now Redis takes no more.
  await gateway.line(line => line.msg === 'asked')
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  await gateway.push({ message: null, go: true })
  await gateway.line(line => line.event === 'cluster.away' && line.stream === 'pushes')
  await redis.command('CONFIG', 'SET', 'maxmemory', '0')
  assert.deepEqual(await client.messages(1), ['kept'])
  await eventually('nothing pending', async () => {
    const [count] = (await redis.command('XPENDING', 'pushes', 'websocket')) as [number]
    return count === 0
  })
  assert.deepEqual(client.got, ['kept'])
})
