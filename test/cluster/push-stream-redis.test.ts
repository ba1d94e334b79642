import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, NODE_TIMEOUT_MS, shortLived, startNodes } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { faultIn } from '../support/traffic.ts'

const env = { ...shortLived, WS_PUSH_STREAM: 'pushes' }
const listener = {
  'listener.mjs': `
    export const onClientOpen = data => data.conn.send(data.conn.id)
    export const onMessage = () => new Promise(resolve => setTimeout(resolve, 1))`,
}

test('Redis fails in the middle of a long stream, in every way: all is pushed, once and in order', {
  skip: withoutRedis,
}, async t => {
  const count = 3000
  // Else Redis itself may forget, under load, what it has said to have done.
  const redis = await startRedis(t, { words: ['--appendfsync', 'always'] })
  const nodes = await startNodes(t, redis, { env, listener })
  const entered = await Promise.all(nodes.map(node => enter(t, node)))
  await redis.commands(
    Array.from({ length: count }, (_, i) => ['XADD', 'pushes', '*', 'data', `{"message":${i}}`]),
  )
  const fails = [
    () => redis.restart(),
    () => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    () => redis.restart(),
    async () => {
      redis.pause()
      const over = performance.now() + 1.5 * NODE_TIMEOUT_MS
      await eventually('the pause', () => performance.now() > over)
      redis.resume()
    },
    () => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    () => redis.restart(),
  ]
  for (const [i, fail] of fails.entries()) {
    await eventually('some more', () => entered.some(({ got }) => got().length > (i + 1) * 300), 60_000)
    await fail()
  }
  for (const [i, { got }] of entered.entries()) {
    await eventually(`the last at ${i}`, () => got().at(-1) === `${count - 1}`, 60_000)
    assert.equal(faultIn(got().map(Number), count, false), undefined, `at ${i}`)
  }
  await eventually('nothing pending', async () => {
    const [pending] = await redis.command('XPENDING', 'pushes', 'websocket')
    return pending === 0
  })
  assert.equal(await redis.command('EXISTS', 'pushes:dead'), 0)
})
