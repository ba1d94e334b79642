import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, joined, mortal, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'
import { startTraffic } from '../support/traffic.ts'

const PREFIX = 'websocket-gateway:{websocket}'

/** A record of a batch whose payload is empty: the two lengths, and its head. */
const record = (head: string): string =>
  `\u0000\u0000\u0000${String.fromCharCode(head.length)}\u0000\u0000\u0000\u0000${head}`

// What a later version may say, and what nobody says. Each node reads it all, also when it comes up again: what ends
// one of them would end all, for ever.
const heads = [
  '{}',
  'null',
  '[]',
  '1',
  'no JSON',
  '{"kind":"of a later version"}',
  '{"kind":"message","to":5}',
  '{"kind":"message","to":{"groups":5}}',
  '{"kind":"message","to":{"groups":[null,5,{}],"users":[[]],"except":[1]}}',
  '{"kind":"order"}',
  '{"kind":"order","order":null}',
  '{"kind":"order","order":{"what":"else"},"reply":{}}',
  '{"kind":"hello"}',
  '{"kind":"dead"}',
  '{"kind":"bye","heir":{}}',
  '{"kind":"in"}',
  '{"kind":"out","group":1,"user":2}',
  '{"kind":"left"}',
  '{"kind":"snapshot"}',
  '{"kind":"snapshot","entries":[null,1,[]]}',
]

test('what somebody else writes into the streams is passed over', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t, { env: mortal })
  const [one, two] = nodes
  const traffic = await startTraffic(t, nodes)
  const { got } = await enter(t, two, 'user=anna&group=a')
  const bus = (...fields: string[]) => ['XADD', `${PREFIX}:bus`, '*', ...fields]
  const stranger = ['n', 'zzzzzzzzzzzzz', 'q', '1']
  const entries = heads.map((head, i) =>
    bus(...stranger, 'e', `${i}`, 's', `${i}`, 'c', '1', 'b', record(head)),
  )
  for (const junk of ['', 'junk', '{}', '-1', '9'.repeat(30)])
    for (const field of ['q', 'e', 's', 'c', 'b'])
      entries.push(bus('n', `${junk}${field}`, 'q', '1', 'e', '0', 's', '0', 'c', '1', field, junk))
  entries.push(bus('junk', 'junk'), bus('n', '', 'b', record('{}')), bus('b', record('null')))
  const inbox = `${PREFIX}:node:${(await one.call('GET', '/status')).body.node}`
  for (const fields of [
    ['junk', 'junk'],
    ['from', 'x', 'id', 'x', 'ask', 'no JSON'],
    ['from', 'x', 'id', 'x', 'ask', 'null'],
    ['from', 'x', 'id', 'x', 'ask', '{"what":"else"}'],
    ['from', 'x', 'id', 'x', 'answer', 'no JSON'],
  ])
    entries.push(['XADD', inbox, '*', ...fields])
  await redis.commands(entries)
  await traffic.flows(100)
  await traffic.complete()
  for (const node of nodes) {
    assert.equal(node.child.exitCode, null)
    assert.equal((await node.call('GET', '/status')).body.counters.listenerErrors, 0)
  }
  const { body } = await two.call('GET', '/groups/a/members?scope=cluster')
  assert.ok(body.members.some(({ user }: { user: string }) => user === 'anna'))
  await one.push({ message: 'still', groups: ['a'] })
  await eventually('it', () => got().includes('still'))
  // The stranger is silent, and so it is dead after a while.
  await joined(nodes)
})

test('what somebody else writes into the other keys is passed over', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t)
  const traffic = await startTraffic(t, nodes)
  const keys: string[] = await redis.command('KEYS', `${PREFIX}:*`)
  assert.ok(keys.includes(`${PREFIX}:bus`), keys.join())
  for (const key of keys) {
    await traffic.flows(10)
    // Of another kind than it was: all that the gateways do with it fails, until it is gone.
    await redis.commands([
      ['DEL', key],
      ['SET', key, 'junk'],
    ])
    await traffic.flows(20)
    await redis.command('DEL', key)
  }
  await joined(nodes)
  // What was published while its stream was no stream may be lost. What is published from now on is not.
  await traffic.wholeFromHere(20)
  for (const node of nodes) assert.equal(node.child.exitCode, null)
})
