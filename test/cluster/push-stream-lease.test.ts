import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('a reader of the stream that is paused for too long and goes on takes nothing from the next one', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { persistent: false })
  const env = { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes', WS_NODE_TIMEOUT_MS: '900' }
  const nodes = [await startGateway(t, { env }), await startGateway(t, { env })]
  const client = await connect(t, (await startGateway(t, { env: { WS_REDIS_URL: redis.url } })).url)
  let count = 0
  let isOver = false
  const pushing = (async () => {
    while (!isOver) await redis.command('XADD', 'pushes', '*', 'data', `{"message":"${count++}"}`)
  })()
  const reads = (node: GatewayProcess): number => node.lines.findLastIndex(line => line.stream === 'pushes')
  for (let i = 0; i < 4; i++) {
    const leader =
      i % 2 === 0 ? nodes.find(node => reads(node) !== -1) : nodes.find(node => reads(node) === -1)
    const paused = leader ?? nodes[i % 2]
    paused?.child.kill('SIGSTOP')
    await wait(2500)
    paused?.child.kill('SIGCONT')
    await wait(1000)
  }
  isOver = true
  await pushing
  await client.messages(count, 60_000)
  assert.deepEqual(
    client.got,
    Array.from({ length: count }, (_, i) => String(i)),
  )
})

test('a dead letter that cannot be written takes no push with it', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { persistent: false })
  await redis.command('SET', 'pushes:dead', 'of another type')
  for (const data of ['{"message":"one"}', 'no JSON', '{"message":"two"}']) {
    await redis.command('XADD', 'pushes', '*', 'data', data)
  }
  const env = { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: 'pushes', WS_NODE_TIMEOUT_MS: '900' }
  const client = await connect(t, (await startGateway(t, { env: { WS_REDIS_URL: redis.url } })).url)
  const gateway = await startGateway(t, { env })
  await gateway.line(line => line.event === 'cluster.away' && /WRONGTYPE/.test(String(line.reason)))
  await redis.command('DEL', 'pushes:dead')
  assert.deepEqual(await client.messages(2), ['one', 'two'])
  await eventually('the dead letter', async () => (await redis.command('XLEN', 'pushes:dead')) === 1)
})
