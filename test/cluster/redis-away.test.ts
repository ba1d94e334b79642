import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { enter, joined, startCluster, startNode, untilStatus } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { makeRedis, withoutRedis } from '../support/redis.ts'

test('Redis that is away at the start is waited for, while the gateway runs', {
  skip: withoutRedis,
}, async t => {
  const redis = await makeRedis(t)
  const nodes = await Promise.all([startNode(t, redis), startNode(t, redis)])
  const [one, two] = nodes
  assert.ok(one && two)
  for (const node of nodes) {
    const { status, body } = await node.call('GET', '/health')
    assert.equal(status, 200)
    assert.equal(body.status, 'warn')
    assert.match(body.output, /Redis/)
    assert.equal((await cli({ cwd: node.folder }, 'health')).code, 0)
    const { backplane, state } = (await node.call('GET', '/status')).body
    assert.equal(state, 'running')
    assert.equal(backplane.state, 'away')
    assert.match(backplane.error, /ECONNREFUSED|refused/)
    await node.line(line => line.event === 'cluster.away' && line.level === 40)
  }
  const here = await enter(t, one, 'user=anna&group=a')
  const there = await enter(t, two, 'user=bert&group=a')
  here.client.send('at home')
  assert.deepEqual(await here.messages(1), ['at home'])
  assert.deepEqual((await one.push({ message: 'also at home' })).body, {
    recipients: 1,
    nodes: 1,
    kept: true,
  })
  await redis.start()
  await joined(nodes)
  for (const node of nodes) {
    assert.equal((await node.call('GET', '/health')).body.status, 'pass')
    await node.line(line => /^cluster\.(join|back)$/.test(line.event ?? ''))
  }
  const answer = await one.push({ message: 'together' })
  assert.deepEqual(answer.body, { recipients: 1, nodes: 2 })
  await eventually('it there', () => there.got().includes('together'))
})

test('what is said while Redis is away is delivered at home at once, and elsewhere after, in order', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const here = await enter(t, one, 'group=a')
  const there = await enter(t, two, 'group=a')
  const elsewhere = await enter(t, three)
  await redis.kill()
  await untilStatus(one, 'away', ({ backplane }) => backplane.state === 'away')
  const texts = Array.from({ length: 300 }, (_, i) => `said ${i}`)
  for (const [i, text] of texts.entries()) {
    if (i % 2 === 0) here.client.send(JSON.stringify({ text, groups: ['a'] }))
    else assert.equal((await one.push({ message: text, groups: ['a'] })).body.nodes, 1)
    // One after the other, since a client and an application are two publishers.
    await here.messages(i + 1)
  }
  assert.deepEqual(here.got(), texts)
  const { backplane } = (await one.call('GET', '/status')).body
  assert.equal(backplane.bufferedMessages, 300)
  assert.ok(backplane.bufferedBytes > 300 * 6)
  assert.deepEqual(there.got(), [])
  assert.equal((await one.call('GET', '/health')).body.status, 'warn')
  await redis.start()
  assert.deepEqual(await there.messages(300), texts)
  await one.push({ message: 'end' })
  assert.deepEqual(await elsewhere.messages(1), ['end'])
  await eventually('the end there', () => there.got().includes('end'))
  assert.deepEqual(there.got(), [...texts, 'end'])
  assert.deepEqual(here.got(), [...texts, 'end'])
  const after = (await one.call('GET', '/status')).body.backplane
  assert.equal(after.bufferedMessages, 0)
  assert.equal(after.bufferedBytes, 0)
  assert.equal(after.error, null)
})

test('past WS_REDIS_BUFFER_BYTES the oldest is dropped, counted and logged', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t, { env: { WS_REDIS_BUFFER_BYTES: '65536' } })
  const [one, two] = nodes
  const here = await enter(t, one)
  const there = await enter(t, two)
  await redis.kill()
  await untilStatus(one, 'away', ({ backplane }) => backplane.state === 'away')
  const texts = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(1000)}`)
  for (const message of texts) assert.equal((await one.push({ message })).body.recipients, 1)
  assert.equal((await here.messages(300)).length, 300, 'at home nothing is dropped')
  const { backplane } = (await one.call('GET', '/status')).body
  assert.ok(backplane.dropped > 200 && backplane.dropped < 300, `${backplane.dropped} dropped`)
  assert.ok(backplane.bufferedBytes <= 65536)
  assert.equal(backplane.bufferedMessages + backplane.dropped, 300)
  await redis.start()
  await joined(nodes)
  await one.push({ message: 'end' })
  await eventually('the end', () => there.got().includes('end'))
  assert.deepEqual(there.got(), [...texts.slice(backplane.dropped), 'end'], 'the newest are there, in order')
  const line = await one.event('cluster.lost')
  assert.ok(line.level >= 40)
  const counted = (await one.call('GET', '/status')).body.backplane
  assert.equal(counted.dropped, backplane.dropped)
  assert.equal(counted.missed, 0, 'its own have been delivered here')
  assert.equal((await two.call('GET', '/status')).body.backplane.missed, backplane.dropped)
  await eventually('a log that tells of all', () => {
    const counts = one.lines.filter(l => l.event === 'cluster.lost').map(l => Number(l.dropped ?? 0))
    return counts.reduce((sum, count) => sum + count, 0) === backplane.dropped
  })
})

test('a node that was away for longer than the history goes on, and says how much it missed', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: { WS_REDIS_HISTORY: '100', WS_NODE_TIMEOUT_MS: '30000' } })
  const [one, two, three] = nodes
  const there = await enter(t, two)
  const away = await enter(t, three)
  three.child.kill('SIGSTOP')
  const count = 2000
  // One after the other, so that each is an entry of its own.
  for (let i = 0; i < count; i++) await one.push({ message: `${i}` })
  await there.messages(count)
  three.child.kill('SIGCONT')
  await one.push({ message: 'end' })
  await eventually('the end', () => away.got().includes('end'))
  const numbers = away.got().slice(0, -1).map(Number)
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(numbers).size, numbers.length)
  const lost = count - numbers.length
  assert.ok(lost > 0, 'the history was longer than this test believes')
  const { backplane } = (await three.call('GET', '/status')).body
  assert.equal(backplane.missed, lost)
  await three.line(line => line.event === 'cluster.lost' && JSON.stringify(line).includes(`${lost}`))
  assert.equal((await two.call('GET', '/status')).body.backplane.missed, 0)
})
