import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type Entered,
  enter,
  joined,
  NODE_TIMEOUT_MS,
  shortLived,
  startNode,
  startNodes,
} from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { type RedisServer, startRedis, withoutRedis } from '../support/redis.ts'
import { faultIn } from '../support/traffic.ts'

const env = { ...shortLived, WS_PUSH_STREAM: 'pushes' }
const listener = {
  'listener.mjs': `
    export const onClientOpen = data => data.conn.send(data.conn.id)
    export const onMessage = async (data, gateway) => {
      gateway.log.info('ran ' + data.message)
      // So that an end comes in the middle of one.
      await new Promise(resolve => setTimeout(resolve, 2))
    }`,
}

interface Stage {
  readonly redis: RedisServer
  readonly nodes: GatewayProcess[]
  readonly entered: Entered[]
  /** The node that reads. */
  readonly leader: number
  /** How many entries have been added. */
  readonly added: () => number
  /** Ends the adding. */
  readonly end: () => Promise<void>
}

/** Three nodes, a client at each, and an application that adds to the stream without a pause. */
async function stage(t: TestContext, more = {}): Promise<Stage> {
  const redis = await startRedis(t)
  const nodes = await startNodes(t, redis, { env: { ...env, ...more }, listener })
  const entered = await Promise.all(nodes.map(node => enter(t, node)))
  let count = 0
  let ended = false
  const run = async () => {
    while (!ended) {
      const batch = Array.from({ length: 10 }, () => [
        'XADD',
        'pushes',
        '*',
        'data',
        `{"message":${count++}}`,
      ])
      // Redis may be away: then the same ones are added when it is back.
      await eventually('the adding', () => redis.commands(batch))
      await wait(10)
    }
  }
  const running = run()
  running.catch(() => undefined)
  const end = () => {
    ended = true
    return running
  }
  t.after(() => end().catch(() => undefined))
  const leader = await eventually('a reader', () => {
    const index = nodes.findIndex(node => node.lines.some(line => /^ran /.test(line.msg ?? '')))
    return index >= 0 && { index }
  })
  await eventually('some', () => entered.every(({ got }) => got().length > 50))
  return { redis, nodes, entered, leader: leader.index, added: () => count, end }
}

/** Everything has come to these, in order, and once. */
async function assertWhole(entered: readonly Entered[], count: number): Promise<void> {
  for (const [i, { got }] of entered.entries()) {
    await eventually(`the last at ${i}`, () => got().at(-1) === `${count - 1}`, 30_000).catch(error => {
      const numbers = got().map(Number)
      assert.fail(
        `${error.message}; the last is ${numbers.at(-1)} of ${count}, ${faultIn(numbers, count, false)}`,
      )
    })
    assert.equal(faultIn(got().map(Number), count, false), undefined, `at ${i}`)
  }
}

test('the node that reads is killed: another goes on, nothing lost, nothing twice', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes, entered, leader, added, end } = await stage(t)
  await nodes[leader]?.stop('SIGKILL')
  nodes.splice(leader, 1)
  entered.splice(leader, 1)
  await joined(nodes)
  const from = added()
  await eventually('it to go on', () => entered.every(({ got }) => Number(got().at(-1)) > from), 20_000)
  nodes.push(await startNode(t, redis, { env, listener }))
  await joined(nodes)
  await end()
  await assertWhole(entered, added())
})

test('the node that reads is stopped for longer than its time, and continued', {
  skip: withoutRedis,
}, async t => {
  const { nodes, entered, leader, added, end } = await stage(t)
  nodes[leader]?.child.kill('SIGSTOP')
  const others = entered.filter((_, i) => i !== leader)
  await joined(nodes.filter((_, i) => i !== leader))
  const from = added()
  await eventually('it to go on', () => others.every(({ got }) => Number(got().at(-1)) > from), 20_000)
  nodes[leader]?.child.kill('SIGCONT')
  await joined(nodes)
  await end()
  await assertWhole(entered, added())
})

test('the node that reads is stopped in good order: another goes on at once', {
  skip: withoutRedis,
}, async t => {
  const { nodes, entered, leader, added, end } = await stage(t, { WS_NODE_TIMEOUT_MS: '60000' })
  const node = nodes[leader]
  nodes.splice(leader, 1)
  entered.splice(leader, 1)
  assert.equal((await node?.stop())?.code, 0)
  const from = added()
  // Long before the time of the one that has gone would have been over.
  await eventually('it to go on', () => entered.every(({ got }) => Number(got().at(-1)) > from), 20_000)
  await end()
  await assertWhole(entered, added())
})

test('Redis is killed and started again in the middle of the stream, and paused', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes, entered, added, end } = await stage(t)
  // Between two batches, so that this test knows what Redis has taken.
  await end()
  await redis.restart()
  await joined(nodes)
  await assertWhole(entered, added())
  redis.pause()
  const over = performance.now() + 2 * NODE_TIMEOUT_MS
  await eventually('the pause', () => performance.now() > over)
  redis.resume()
  await redis.command('XADD', 'pushes', '*', 'data', `{"message":${added()}}`)
  await joined(nodes)
  await assertWhole(entered, added() + 1)
})
