import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, startNodes, untilStatus } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { type RedisServer, startRedis, withoutRedis } from '../support/redis.ts'

const env = { WS_PUSH_STREAM: 'pushes', WS_LOG_LEVEL: 'debug' }
const listener = {
  'listener.mjs': `
    export const onClientOpen = data => {
      data.conn.join('a')
      data.conn.send(data.conn.id)
    }
    export const onMessage = async (data, gateway) => {
      if (data.message === 'throw') throw new Error('I will not')
      if (data.message === 'hang') await new Promise(() => undefined)
      gateway.log.info('ran ' + data.message)
    }`,
}

const add = (redis: RedisServer, push: unknown): Promise<string> =>
  redis.command('XADD', 'pushes', '*', 'data', JSON.stringify(push))

/** What onMessage was run with, at all nodes. */
const ran = (nodes: readonly GatewayProcess[]): string[] =>
  nodes
    .flatMap(node => node.lines)
    .map(({ msg = '' }) => msg)
    .filter(msg => msg.startsWith('ran '))

interface Dead {
  readonly data?: string
  readonly reason: string
  readonly id: string
}

async function deadLetters(redis: RedisServer): Promise<Dead[]> {
  const entries: [string, string[]][] = await redis.command('XRANGE', 'pushes:dead', '-', '+')
  return entries.map(([, words]) => {
    const fields: Record<string, string> = {}
    for (let i = 0; i < words.length; i += 2) fields[words[i] ?? ''] = words[i + 1] ?? ''
    return fields as unknown as Dead
  })
}

test('a stream is pushed from its beginning, in order, once, and to everyone', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  for (let i = 0; i < 10; i++) await add(redis, { message: `before ${i}` })
  const nodes = await startNodes(t, redis, { env, listener })
  await eventually('the beginning', () => ran(nodes).length === 10)
  assert.deepEqual(
    ran(nodes),
    Array.from({ length: 10 }, (_, i) => `ran before ${i}`),
  )
  const entered = await Promise.all(nodes.map(node => enter(t, node)))
  const texts = Array.from({ length: 2000 }, (_, i) => `ü ${i}`)
  await redis.commands(texts.map(message => ['XADD', 'pushes', '*', 'data', JSON.stringify({ message })]))
  for (const { messages, got } of entered) {
    await messages(2000)
    assert.deepEqual(got(), texts)
  }
  const [, other] = entered
  await add(redis, { message: { one: 1 }, groups: ['a'], except: [other?.id] })
  await add(redis, { message: Buffer.from([1, 2]).toString('base64'), encoding: 'base64' })
  await eventually('the bytes', () => entered.every(({ got }) => got().some(Buffer.isBuffer)))
  assert.deepEqual(
    entered.map(({ got }) => got().filter(message => message === '{"one":1}').length),
    [1, 0, 1],
  )
  assert.equal(new Set(ran(nodes)).size, ran(nodes).length)
  const readers = nodes.filter(node => ran([node]).length > 0)
  assert.equal(readers.length, 1, 'one node at a time reads')
  await eventually(
    'nothing pending',
    async () => (await redis.command('XPENDING', 'pushes', 'websocket'))[0] === 0,
  )
  assert.deepEqual(await deadLetters(redis), [])
  await readers[0]?.line(line => line.event === 'push' && line.stream === 'pushes')
})

test('after a restart of all nodes it goes on where it was', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const first = await startNodes(t, redis, { nodes: 2, env, listener })
  await redis.commands(
    Array.from({ length: 500 }, (_, i) => ['XADD', 'pushes', '*', 'data', `{"message":${i}}`]),
  )
  // In the middle of it.
  await eventually('some', () => ran(first).length > 20)
  await Promise.all(first.map(node => node.stop()))
  for (let i = 500; i < 520; i++) await add(redis, { message: i })
  const second = await startNodes(t, redis, { nodes: 2, env, listener })
  await eventually('the rest', () => ran([...first, ...second]).length >= 520)
  const numbers = ran([...first, ...second]).map(text => Number(text.slice(4)))
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 520 }, (_, i) => i),
  )
})

test('what is no push goes to the stream of the dead, with its reason', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  const limits = { WS_LISTENER_TIMEOUT_MS: '300', WS_MAX_PAYLOAD_BYTES: '1000' }
  const nodes = await startNodes(t, redis, { nodes: 2, env: { ...env, ...limits }, listener })
  const [one] = nodes
  assert.ok(one)
  const { messages } = await enter(t, one)
  const bad: [string[], RegExp][] = [
    [['other', '{"message":1}'], /data/],
    [['data', '{"message":'], /JSON/],
    [['data', '[1]'], /object/],
    [['data', '{"text":1}'], /message/],
    [['data', '{"message":1,"groups":"a"}'], /groups/],
    [['data', '{"message":1,"conn":1}'], /conn/],
    [['data', '{"message":1,"encoding":"hex"}'], /encoding/],
    [['data', JSON.stringify({ message: 'x'.repeat(5000) })], /bytes|large/],
    [['data', JSON.stringify({ message: 'x'.repeat(200_000) })], /bytes|large/],
    [['data', '{"message":"throw"}'], /I will not/],
    [['data', '{"message":"hang"}'], /300|time/],
  ]
  const ids: string[] = []
  for (const [i, [words]] of bad.entries()) {
    // A command line would be too short for the largest.
    ids.push(String((await redis.commands([['XADD', 'pushes', '*', ...words]]))[0]))
    await add(redis, { message: `good ${i}` })
  }
  const good = bad.map((_, i) => `good ${i}`)
  assert.deepEqual(await messages(good.length), good)
  const dead = await eventually('the dead', async () => {
    const all = await deadLetters(redis)
    return all.length >= bad.length && all
  })
  assert.deepEqual(
    dead.map(({ id }) => id),
    ids,
  )
  for (const [i, [words, reason]] of bad.entries()) {
    assert.match(dead[i]?.reason ?? '', reason, words.join(' ').slice(0, 100))
    if (words[0] === 'data') assert.equal(dead[i]?.data, words[1])
  }
  await eventually(
    'nothing pending',
    async () => (await redis.command('XPENDING', 'pushes', 'websocket'))[0] === 0,
  )
})

test('a stream that is deleted, trimmed or flushed is read on', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const nodes = await startNodes(t, redis, { nodes: 2, env, listener })
  const [one, two] = nodes
  assert.ok(one && two)
  const { got } = await enter(t, one)
  for (const [i, words] of [
    ['PING'],
    ['DEL', 'pushes'],
    ['XTRIM', 'pushes', 'MAXLEN', '0'],
    ['FLUSHALL'],
  ].entries()) {
    await redis.command(...words)
    await untilStatus(two, 'joined', ({ backplane }) => backplane.state === 'joined')
    await add(redis, { message: `after ${i}` })
    await eventually(`it after ${words.join(' ')}`, () => got().includes(`after ${i}`))
  }
  assert.deepEqual(got(), ['after 0', 'after 1', 'after 2', 'after 3'])
})
