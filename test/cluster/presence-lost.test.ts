import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  enter,
  GRACE_MS,
  isTold,
  joined,
  mortal,
  NODE_TIMEOUT_MS,
  shortLived,
  startCluster,
  startNode,
  startNodes,
  told,
} from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

const count = (all: string[], msg: string): number => all.filter(one => one === msg).length

test('a killed node leaves no ghosts, and its leaves are told once, by another', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: mortal })
  const [one, two, three] = nodes
  const left = [one, two]
  const users = Array.from({ length: 20 }, (_, i) => `user${i}`)
  for (const user of users) await enter(t, three, `user=${user}&group=a`)
  await enter(t, three, 'user=anna&group=a')
  await enter(t, one, 'user=anna&group=a')
  for (const user of users) await isTold(nodes, `join a ${user}`)
  await three.stop('SIGKILL')
  for (const user of users) await isTold(left, `leave a ${user}`)
  const { body } = await two.call('GET', '/groups/a/members?scope=cluster')
  assert.deepEqual(body, { group: 'a', connections: 1, users: 1, members: [{ user: 'anna' }] })
  // One more, so that a second telling would have come before it.
  const marker = await enter(t, two, 'user=mark&group=a')
  await marker.client.close()
  await isTold(left, 'leave a mark')
  for (const user of users) assert.equal(count(told(left), `leave a ${user}`), 1, user)
  assert.equal(count(told(nodes), 'leave a anna'), 0)
})

test('a node that comes while another one dies has no ghosts of whom both held', {
  skip: withoutRedis,
}, async t => {
  const env = { WS_NODE_TIMEOUT_MS: `${2 * NODE_TIMEOUT_MS}` }
  const { redis, nodes } = await startCluster(t, { env })
  const [one, two, three] = nodes
  const anna = await enter(t, one, 'user=anna&group=a')
  await enter(t, three, 'user=anna&group=a')
  await isTold(nodes, 'join a anna')
  const there = (): number =>
    count(
      one.lines.map(({ msg }) => msg ?? ''),
      'a node is there',
    )
  const before = there()
  await three.stop('SIGKILL')
  const coming = startNode(t, redis, { env })
  coming.catch(() => undefined)
  await eventually('the new node', () => there() > before)
  // What the new node knows of anna is that she was here. The others know that she is at the third as well.
  await anna.client.close()
  const all = [one, two, await coming]
  await isTold(all, 'leave a anna')
  await joined(all)
  for (const node of all) {
    const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
    assert.deepEqual(body.members, [])
  }
  await enter(t, all[2] ?? one, 'user=anna&group=a')
  // The first one may have been told by the node that has died.
  const ever = [...all, three]
  await eventually('a second join', () => count(told(ever), 'join a anna') === 2)
  assert.equal(count(told(ever), 'leave a anna'), 1)
})

test('a node stopped for longer than its time: its members leave, and come back with it', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: mortal })
  const [one, two, three] = nodes
  await enter(t, three, 'user=anna&group=a')
  await isTold(nodes, 'join a anna')
  three.child.kill('SIGSTOP')
  await isTold([one, two], 'leave a anna')
  three.child.kill('SIGCONT')
  await joined(nodes)
  await eventually('a second join', () => count(told(nodes), 'join a anna') === 2)
  assert.equal(count(told(nodes), 'leave a anna'), 1)
  const { body } = await one.call('GET', '/groups/a/members?scope=cluster')
  assert.deepEqual(body.members, [{ user: 'anna' }])
})

test('a node that stops in good order passes its leaves on', { skip: withoutRedis }, async t => {
  const grace = 6000
  const { nodes } = await startCluster(t, { env: { WS_PRESENCE_GRACE_MS: `${grace}` } })
  const [one, two, three] = nodes
  for (const user of ['anna', 'bert', 'cora']) await enter(t, three, `user=${user}&group=a`)
  const earlier = await enter(t, three, 'user=dora&group=a')
  for (const user of ['anna', 'bert', 'cora', 'dora']) await isTold(nodes, `join a ${user}`)
  // Her time is running already when the node goes.
  await earlier.client.close()
  assert.equal((await three.stop()).code, 0)
  await enter(t, two, 'user=anna&group=a')
  for (const user of ['bert', 'cora', 'dora']) await isTold([one, two], `leave a ${user}`, 5 * grace)
  const marker = await enter(t, two, 'user=mark&group=a')
  await marker.client.close()
  await isTold([one, two], 'leave a mark')
  const all = told(nodes)
  for (const user of ['bert', 'cora', 'dora']) assert.equal(count(all, `leave a ${user}`), 1, user)
  assert.equal(count(all, 'leave a anna'), 0, 'she is at another node by now')
  assert.equal(count(all, 'join a anna'), 1)
})

test('the last node that stops tells its leaves before onUnload', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const listener = {
    'listener.mjs': `
      export const onClientOpen = data => { data.conn.user = 'anna'; data.conn.join('a'); data.conn.send('') }
      export const onGroupJoin = (data, gateway) => gateway.log.info('join a ' + data.user)
      export const onGroupLeave = (data, gateway) => gateway.log.info('leave a ' + data.user)
      export const onUnload = gateway => gateway.log.info('unloaded')`,
  }
  const env = { WS_PRESENCE_GRACE_MS: '60000' }
  const [node] = await startNodes(t, redis, { nodes: 1, listener, env })
  assert.ok(node)
  await enter(t, node)
  // Whose join has not been told yet does not leave either.
  await node.line(line => line.msg === 'join a anna')
  assert.equal((await node.stop()).code, 0)
  const messages = node.lines.map(({ msg }) => msg).filter(msg => /leave|unloaded/.test(msg ?? ''))
  assert.deepEqual(messages, ['leave a anna', 'unloaded'])
})

test('while Redis is away nobody is said to leave who stays; who left meanwhile is told of after', {
  skip: withoutRedis,
}, async t => {
  const { redis, nodes } = await startCluster(t, { env: shortLived })
  const [one, two, three] = nodes
  await enter(t, one, 'user=anna&group=a')
  await enter(t, two, 'user=bert&group=a')
  const cora = await enter(t, three, 'user=cora&group=a')
  for (const user of ['anna', 'bert', 'cora']) await isTold(nodes, `join a ${user}`)
  await redis.kill()
  await three.event('cluster.away')
  await cora.client.close()
  await enter(t, one, 'user=dora&group=a')
  // Longer than a node's time and the grace, by a clock that only ticks while nothing can be asked.
  const end = performance.now() + 2 * NODE_TIMEOUT_MS + GRACE_MS
  await eventually('the pause', () => performance.now() > end)
  await redis.start()
  await joined(nodes)
  await isTold(nodes, 'join a dora')
  await isTold(nodes, 'leave a cora')
  const marker = await enter(t, two, 'user=mark&group=a')
  await marker.client.close()
  await isTold(nodes, 'leave a mark')
  for (const user of ['anna', 'bert', 'dora']) {
    assert.equal(count(told(nodes), `leave a ${user}`), 0, user)
    assert.equal(count(told(nodes), `join a ${user}`), 1, user)
  }
  assert.equal(count(told(nodes), 'leave a cora'), 1)
  for (const node of nodes) {
    const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
    assert.deepEqual(
      body.members.map(({ user }: { user: string }) => user),
      ['anna', 'bert', 'dora'],
    )
  }
})
