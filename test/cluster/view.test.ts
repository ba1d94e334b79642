import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  enter,
  joined,
  NODE_TIMEOUT_MS,
  nodeId,
  shortLived,
  startCluster,
  startNode,
  untilStatus,
} from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('status lists the nodes with their counts, and each knows itself', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t)
  const [one, two] = nodes
  const ids = await Promise.all(nodes.map(nodeId))
  await enter(t, one, 'user=anna&group=a&group=b')
  await enter(t, one, 'user=anna&group=a')
  await enter(t, two, 'user=bert')
  for (const [i, node] of nodes.entries()) {
    const status = await untilStatus(node, 'the counts', ({ nodes: list }) =>
      [2, 1, 0].every((count, n) => list.some((l: Entry) => l.id === ids[n] && l.connections === count)),
    )
    assert.deepEqual(status.nodes.map(({ id }: Entry) => id).sort(), ids.toSorted())
    assert.deepEqual(
      status.nodes.filter(({ self }: Entry) => self).map(({ id }: Entry) => id),
      [ids[i]],
    )
    const first = status.nodes.find(({ id }: Entry) => id === ids[0])
    assert.equal(first.groups, 2)
    assert.equal(first.users, 1)
    for (const { host, lastSeen } of status.nodes) {
      assert.ok(typeof host === 'string' && host !== '')
      assert.ok(Math.abs(Date.now() - new Date(lastSeen).getTime()) < 60_000, lastSeen)
    }
    assert.equal(status.backplane.state, 'joined')
    assert.equal(status.backplane.error, null)
  }
  const { body } = await one.call('GET', '/status')
  assert.deepEqual([body.groups, body.users, body.connections], [2, 1, 2])
})

interface Entry {
  readonly id: string
  readonly self?: boolean
  readonly connections: number
}

test('a node that dies without a word is gone after WS_NODE_TIMEOUT_MS, and the log tells', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: shortLived })
  const [one, two, three] = nodes
  await enter(t, three, 'group=a&user=anna')
  const id = await nodeId(three)
  await one.line(line => line.event === 'cluster.node' && JSON.stringify(line).includes(id))
  const from = one.lines.length
  await three.stop('SIGKILL')
  const began = performance.now()
  await joined([one, two])
  const took = performance.now() - began
  assert.ok(took < 4 * NODE_TIMEOUT_MS, `it took ${took} ms`)
  await one.line(line => line.event === 'cluster.node' && JSON.stringify(line).includes(id), from)
  const { body } = await two.call('GET', '/groups')
  assert.deepEqual(body.groups, [])
  assert.deepEqual((await one.call('GET', '/connections?scope=cluster')).body, { connections: [] })
  assert.equal((await one.push({ message: 'x' })).body.nodes, 2)
})

/** All pages of a list. */
// biome-ignore lint/suspicious/noExplicitAny: what a test reads out of an answer is checked by its assertions
async function pages(node: GatewayProcess, path: string, key: string): Promise<any[]> {
  const all = []
  let after = ''
  for (let i = 0; i < 100; i++) {
    const { status, body } = await node.call('GET', `${path}${after}`)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.unanswered, undefined)
    all.push(...body[key])
    if (body.next === undefined) return all
    after = `&after=${encodeURIComponent(body.next)}`
  }
  throw new Error(`no end of ${path}`)
}

test('the lists of the whole cluster, in pages: connections, groups, members', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const ids = await Promise.all(nodes.map(nodeId))
  const entered: string[] = []
  for (const [n, node] of nodes.entries())
    for (let i = 0; i < 5; i++) {
      const user = i === 4 ? '' : `user=u${i}&info={"n":${n}}&`
      entered.push((await enter(t, node, `${user}group=all&group=only${n}`)).id)
    }
  const list = await pages(two, '/connections?scope=cluster&limit=2', 'connections')
  assert.deepEqual(list.map(({ id }) => id).sort(), entered.toSorted())
  for (const { id, node, groups, user, info } of list) {
    assert.equal(node, id.slice(0, 13))
    assert.deepEqual(groups, ['all', `only${ids.indexOf(node)}`])
    assert.equal(user === undefined, info === undefined)
  }
  const own = await pages(two, '/connections?limit=2', 'connections')
  assert.deepEqual(
    own.map(({ id }) => id),
    entered.slice(5, 10),
  )
  const groups = await pages(three, '/groups?limit=1', 'groups')
  assert.deepEqual(groups, [
    { name: 'all', connections: 15, users: 4 },
    ...[0, 1, 2].map(n => ({ name: `only${n}`, connections: 5, users: 4 })),
  ])
  assert.deepEqual(await pages(one, '/groups?scope=node&limit=1', 'groups'), [
    { name: 'all', connections: 5, users: 4 },
    { name: 'only0', connections: 5, users: 4 },
  ])
  const members = (await one.call('GET', '/groups/all/members?scope=cluster')).body
  assert.equal(members.connections, 15)
  assert.equal(members.users, 4)
  assert.deepEqual(
    members.members.map(({ user }: { user: string }) => user),
    ['u0', 'u1', 'u2', 'u3'],
  )
  // The one set last counts: they came in at the third node last.
  for (const { info } of members.members) assert.deepEqual(info, { n: 2 })
  const some = await pages(one, '/groups/only2/members?scope=cluster&limit=3', 'members')
  assert.deepEqual(
    some.map(({ user }) => user),
    ['u0', 'u1', 'u2', 'u3'],
  )
  assert.deepEqual((await one.call('GET', '/groups/only2/members')).body, {
    group: 'only2',
    connections: 0,
    users: 0,
    members: [],
  })
  for (const path of ['/connections?scope=world', '/groups?scope=', '/groups/all/members?scope=x'])
    assert.equal((await one.call('GET', path)).status, 400, path)
})

test('a node that does not answer in time is named, and the others are listed', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: { WS_NODE_TIMEOUT_MS: '20000' } })
  const [one, two, three] = nodes
  const { id } = await enter(t, two)
  const there = await enter(t, three)
  const silent = await nodeId(three)
  three.child.kill('SIGSTOP')
  const began = performance.now()
  const { status, body } = await one.call('GET', '/connections?scope=cluster')
  assert.equal(status, 200)
  assert.ok(performance.now() - began < 15_000)
  assert.deepEqual(
    body.connections.map((one: Entry) => one.id),
    [id],
  )
  assert.deepEqual(body.unanswered, [silent])
  const alone = await one.call('GET', `/connections/${there.id}`)
  assert.ok(alone.status >= 500 && alone.status < 600, `${alone.status} for a node that does not answer`)
  three.child.kill('SIGCONT')
  await eventually('both', async () => {
    const answer = (await one.call('GET', '/connections?scope=cluster')).body
    return answer.unanswered === undefined && answer.connections.length === 2
  })
})

test('a node that has come knows the others at once, however long their time is', {
  skip: withoutRedis,
}, async t => {
  // Longer than anybody waits here for a sign of life.
  const env = { WS_NODE_TIMEOUT_MS: '600000' }
  const redis = await startRedis(t)
  const one = await startNode(t, redis, { env })
  const { id } = await enter(t, one)
  const two = await startNode(t, redis, { env })
  await joined([one, two], 20_000)
  assert.equal((await two.call('GET', `/connections/${id}`)).status, 200)
  assert.equal((await two.push({ message: 'x' })).body.nodes, 2)
})
