import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { Way } from '../support/way.ts'

/** The query says who comes, and into which group; what the hooks hear is logged. */
const listener = {
  'listener.ts': `export const onClientHandshake = data => {
  const query = new URLSearchParams(data.request.query)
  data.user = query.get('user')
  data.groups = [query.get('group')]
}
export const onGroupJoin = ({ group, user }, gateway) => gateway.log.info({ hook: 'join' }, user)
export const onGroupLeave = ({ group, user }, gateway) => gateway.log.info({ hook: 'leave' }, user)
`,
}

async function members(gateway: GatewayProcess): Promise<string[]> {
  const { body } = await gateway.call('GET', '/groups/g/members?scope=cluster')
  return body.members.map(({ user }: { user: string }) => user)
}

function told(gateways: readonly GatewayProcess[], hook: 'join' | 'leave'): number {
  return gateways.reduce((sum, { lines }) => sum + lines.filter(line => line.hook === hook).length, 0)
}

async function isJoined(gateway: GatewayProcess): Promise<boolean> {
  return (await gateway.call('GET', '/status')).body.backplane.state === 'joined'
}

test('a node that has just come knows the others, and reaches their connections', {
  skip: withoutRedis,
}, async t => {
  const env = { WS_REDIS_URL: (await startRedis(t, { persistent: false })).url }
  const first = await startGateway(t, { env })
  const client = await connect(t, first.url)
  const [{ id }] = (await first.call('GET', '/connections')).body.connections
  const second = await startGateway(t, { env })
  assert.equal((await second.call('GET', '/status')).body.nodes.length, 2)
  assert.equal((await second.push({ message: 'hello', connections: [id] })).body.nodes, 2)
  assert.deepEqual(await client.messages(1), ['hello'])
})

test('a node whose first session is refused joins with a later one, and learns who is there', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url }
  const first = await startGateway(t, { env, listener })
  await connect(t, `${first.url}/?user=ann&group=g`)
  await eventually('ann', async () => (await members(first)).length === 1)
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  const second = await startGateway(t, { env, listener })
  assert.equal(await isJoined(second), false)
  await redis.command('CONFIG', 'SET', 'maxmemory', '0')
  await eventually('the second node', () => isJoined(second))
  await eventually('ann', async () => (await members(second)).length === 1)
})

test('two nodes that go at once, each the heir of the other, leave no ghosts at a third', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url, WS_PRESENCE_GRACE_MS: '200' }
  const gateways: GatewayProcess[] = []
  for (let i = 0; i < 3; i++) gateways.push(await startGateway(t, { env, listener }))
  const [one, two, third] = gateways as [GatewayProcess, GatewayProcess, GatewayProcess]
  await connect(t, `${one.url}/?user=ann&group=g`)
  await connect(t, `${two.url}/?user=bob&group=g`)
  await eventually('both', async () => (await members(third)).length === 2)
  for (const { child } of [one, two]) child.kill('SIGSTOP')
  for (const { child } of [one, two]) child.kill('SIGTERM')
  for (const { child } of [one, two]) child.kill('SIGCONT')
  await Promise.all([one.exited, two.exited])
  await eventually('nobody', async () => (await members(third)).length === 0)
  await eventually('both leaves', async () => told(gateways, 'leave') === 2)
  assert.equal(told(gateways, 'join'), 2)
})

test('of who was at a node that was taken for dead and goes on, joins and leaves are told in turn', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url, WS_PRESENCE_GRACE_MS: '200', WS_NODE_TIMEOUT_MS: '4000' }
  const paused = await startGateway(t, { env, listener })
  const other = await startGateway(t, { env, listener })
  const ann = await connect(t, `${paused.url}/?user=ann&group=g`)
  await eventually('ann', async () => (await members(other)).length === 1)
  paused.child.kill('SIGSTOP')
  await eventually('that she is gone', async () => (await members(other)).length === 0)
  await other.line(line => line.hook === 'leave')
  paused.child.kill('SIGCONT')
  await eventually('ann again', async () => (await members(other)).length === 1)
  await eventually('the join', async () => told([paused, other], 'join') === 2)
  await ann.close()
  await eventually('the leave', async () => told([paused, other], 'leave') === 2)
  await wait(500)
  assert.equal(told([paused, other], 'join'), 2)
  assert.equal(told([paused, other], 'leave'), 2)
})

test('a node that was away for longer than the history lasts knows who is there afterwards', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const way = await new Way().listen(t, redis.port)
  const env = { WS_REDIS_HISTORY: '100', WS_PRESENCE_GRACE_MS: '0' }
  const here = await startGateway(t, { env: { ...env, WS_REDIS_URL: redis.url }, listener })
  const away = await startGateway(t, { env: { ...env, WS_REDIS_URL: way.url }, listener })
  const ann = await connect(t, `${here.url}/?user=ann&group=g`)
  await eventually('ann', async () => (await members(away)).length === 1)
  way.cut()
  await away.event('cluster.away')
  await ann.close()
  await connect(t, `${here.url}/?user=bob&group=g`)
  for (let i = 0; i < 400; i++) await here.push({ message: 'x'.repeat(100) })
  way.mend()
  await eventually('that it is back', () => isJoined(away))
  await away.event('cluster.lost')
  await eventually('bob alone', async () => (await members(away)).join() === 'bob')
})

test('a Redis that hangs for longer than WS_NODE_TIMEOUT_MS kills no node', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url, WS_NODE_TIMEOUT_MS: '2500' }
  const nodes = [await startGateway(t, { env }), await startGateway(t, { env })]
  redis.pause()
  t.after(() => redis.resume())
  // Not so long that they lose their connections: that is another matter.
  await wait(4000)
  redis.resume()
  await wait(3500)
  for (const { lines } of nodes) assert.ok(!lines.some(line => line.msg === 'a node is dead'))
})
