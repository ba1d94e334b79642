/** What docs/scaling.md says of Redis, tried with a real one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from '../support/client.ts'
import { joined, listener, untilStatus } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, root, startGateway } from '../support/gateway.ts'
import { type RedisServer, startRedis, withoutRedis } from '../support/redis.ts'

const scaling = readFileSync(join(root, 'docs/scaling.md'), 'utf8')

function node(t: TestContext, redis: RedisServer, env: Record<string, string>): Promise<GatewayProcess> {
  return startGateway(t, {
    listener: { 'listener.mjs': listener },
    env: { WS_REDIS_URL: redis.url, WS_NODE_TIMEOUT_MS: '6000', WS_PRESENCE_GRACE_MS: '100', ...env },
  })
}

test('the user that docs/scaling.md makes may do all that a node does', { skip: withoutRedis }, async t => {
  const [, rule = ''] = /<!-- acl: [^>]*-->\n```\n(.*)\n```/.exec(scaling) ?? []
  assert.match(rule, /^ACL SETUSER gateway on >password /)
  const redis = await startRedis(t)
  await redis.command(...rule.split(' '))
  const env = { WS_REDIS_URL: redis.url.replace('//', '//gateway:password@'), WS_PUSH_STREAM: 'pushes' }
  const [first, second] = await Promise.all([node(t, redis, env), node(t, redis, env)])
  await joined([first, second])
  const anna = await connect(t, `${first.url}/?user=anna&group=cats`)
  await anna.messages(1)
  await second.push({ message: 'by push', groups: ['cats'] })
  await redis.command('XADD', 'pushes', '*', 'data', '{"message": "by stream"}')
  await redis.command('XADD', 'pushes', '*', 'other', 'no push')
  await anna.messages(3)
  await eventually('a dead letter', async () => (await redis.command('XLEN', 'pushes:dead')) === 1)
  const { body } = await second.call('GET', '/connections?scope=cluster')
  assert.equal(body.connections.length, 1)
  await second.call('DELETE', '/users/anna')
  await anna.closed
  await first.stop()
  await second.line(line => line.event === 'cluster.node' && /has gone/.test(line.msg ?? ''))
  assert.deepEqual(await redis.command('ACL', 'LOG'), [])
})

test('a Redis whose memory is full is away, and what is meant for other nodes waits', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { words: ['--maxmemory-policy', 'noeviction'] })
  const [first, second] = await Promise.all([node(t, redis, {}), node(t, redis, {})])
  await joined([first, second])
  const client = await connect(t, second.url)
  await client.messages(1)
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  await first.push({ message: 'late' })
  const status = await untilStatus(first, 'Redis away', s => s.backplane.state === 'away')
  assert.match(status.backplane.error, /^OOM /)
  await redis.command('CONFIG', 'SET', 'maxmemory', '0')
  assert.deepEqual((await client.messages(2)).slice(1), ['late'])
})
