import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, mortal, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { type Answer, callSocket, type GatewayProcess } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'

const listener = {
  'listener.mjs': `
    let fails = 0
    export const onClientOpen = data => data.conn.send(data.conn.id)
    export const onMessage = async (data, gateway) => {
      gateway.log.info('ran ' + data.message)
      if (data.message === 'slow') await new Promise(resolve => setTimeout(resolve, 1000))
      if (data.message === 'once bad' && fails++ === 0) throw new Error('not now')
      if (data.message === 'endless') await new Promise(() => undefined)
      if (data.message === 'let go') gateway.state.isFree = true
      if (data.message === 'held' && !gateway.state.isFree) await new Promise(() => undefined)
    }`,
}

function push(node: GatewayProcess, key: string, body: unknown): Promise<Answer> {
  return callSocket(node.socket, 'POST', '/push', JSON.stringify(body), {
    'content-type': 'application/json',
    'idempotency-key': key,
  })
}

const ran = (nodes: readonly GatewayProcess[], text: string): number =>
  nodes.flatMap(node => node.lines).filter(({ msg }) => msg === `ran ${text}`).length

test('the same key and body gets the same answer at every node, and is pushed once', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { listener })
  const [one, two, three] = nodes
  const { messages, got } = await enter(t, one)
  const first = await push(one, 'key 1', { message: 'hello' })
  assert.deepEqual([first.status, first.body], [200, { recipients: 1, nodes: 3 }])
  assert.equal(first.headers['idempotent-replayed'], undefined)
  for (const node of nodes) {
    const again = await push(node, 'key 1', { message: 'hello' })
    assert.deepEqual([again.status, again.body], [200, first.body])
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal((await push(node, 'key 1', { message: 'other' })).status, 422)
  }
  assert.equal((await push(two, 'key 2', { message: 'hello' })).headers['idempotent-replayed'], undefined)
  await three.push({ message: 'end' })
  await messages(3)
  assert.deepEqual(got().map(String).sort(), ['end', 'hello', 'hello'])
  for (const key of ['', 'x'.repeat(256), 'ü'])
    assert.equal((await push(one, key, { message: 'x' })).status, 400, key)
})

test('a second call during the first waits for its answer', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t, { listener })
  const [one, two] = nodes
  await enter(t, one)
  const first = push(one, 'k', { message: 'slow' })
  await eventually('its run', () => ran(nodes, 'slow') === 1)
  const during = nodes.map(node => push(node, 'k', { message: 'slow' }))
  assert.equal((await push(two, 'k', { message: 'fast' })).status, 422)
  const answer = await first
  assert.deepEqual(answer.body, { recipients: 1, nodes: 3 })
  for (const { status, body, headers } of await Promise.all(during)) {
    assert.deepEqual([status, body], [200, answer.body])
    assert.equal(headers['idempotent-replayed'], 'true')
  }
  assert.equal(ran(nodes, 'slow'), 1)
})

test('many at once with one key, at all nodes: one push', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t, { listener })
  const [one] = nodes
  const { got } = await enter(t, one)
  for (let i = 0; i < 20; i++) {
    const calls = Array.from({ length: 4 }, () =>
      nodes.map(node => push(node, `key-${i}`, { message: `m${i}` })),
    )
    const answers = await Promise.all(calls.flat())
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] !== 'true').length, 1)
    assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1)
  }
  await eventually('all', () => got().length >= 20)
  assert.deepEqual(got().map(String).sort(), Array.from({ length: 20 }, (_, i) => `m${i}`).sort())
  // The log's lines come a little later.
  const runs = () => Array.from({ length: 20 }, (_, i) => ran(nodes, `m${i}`))
  await eventually('all runs', () => runs().every(count => count > 0))
  assert.deepEqual(new Set(runs()), new Set([1]))
})

test('what failed may be tried again with its key', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t, { listener, env: { WS_LISTENER_TIMEOUT_MS: '300' } })
  const [one, two] = nodes
  await enter(t, one)
  assert.equal((await push(one, 'k', { message: 'once bad' })).status, 500)
  const again = await push(one, 'k', { message: 'once bad' })
  assert.deepEqual([again.status, again.headers['idempotent-replayed']], [200, undefined])
  assert.equal((await push(one, 'e', { message: 'endless' })).status, 504)
  assert.equal((await push(two, 'e', { message: 'something else' })).status, 200)
  assert.equal((await push(one, 'n', { text: 1 })).status, 400)
  assert.equal((await push(two, 'n', { message: 'good now' })).status, 200)
})

test('a node that dies during the first call does not hold the key for ever', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { listener, env: mortal })
  const [one, two] = nodes
  await two.push({ message: 'let go' })
  const lost = push(one, 'k', { message: 'held' }).catch(() => 'lost')
  await eventually('its run', () => ran(nodes, 'held') === 1)
  const second = push(two, 'k', { message: 'held' })
  await one.stop('SIGKILL')
  assert.equal(await lost, 'lost')
  const { status } = await second
  assert.ok(status === 200 || status >= 500, `${status}`)
  if (status !== 200)
    await eventually('a later try', async () => (await push(two, 'k', { message: 'held' })).status === 200)
})

test('while Redis is away a push with a key is still delivered at home, once', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t, { listener })
  const [one] = nodes
  const { got } = await enter(t, one)
  await redis.kill()
  await one.event('cluster.away')
  const first = await push(one, 'k', { message: 'hello' })
  assert.deepEqual([first.status, first.body], [200, { recipients: 1, nodes: 1, kept: true }])
  const again = await push(one, 'k', { message: 'hello' })
  assert.deepEqual([again.status, again.body], [200, first.body])
  await one.push({ message: 'end' })
  await eventually('the end', () => got().includes('end'))
  assert.deepEqual(got(), ['hello', 'end'])
})
