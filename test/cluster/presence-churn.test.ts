import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Entered, enter, joined, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'

// On a busy machine no node is to be taken for dead: then its users leave and come.
const env = { WS_PRESENCE_GRACE_MS: '50', WS_NODE_TIMEOUT_MS: '20000' }

const users = Array.from({ length: 8 }, (_, i) => `u${i}`)

/** Numbers from 0 to 1 that are the same with each run. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** What was told of a user in the whole cluster. */
function storyOf(nodes: readonly GatewayProcess[], user: string): string[] {
  return nodes
    .flatMap(node => node.lines)
    .filter(({ msg }) => msg === `join a ${user}` || msg === `leave a ${user}`)
    .map(({ msg }) => String(msg).split(' ')[0] ?? '')
}

interface Churn {
  readonly tabs: Map<string, Entered[]>
  /** How often each user has come who had no tab open. */
  readonly came: Map<string, number>
}

/** Tabs open and close at random at all nodes; in the middle something may happen to the cluster. */
async function churn(
  t: TestContext,
  nodes: readonly GatewayProcess[],
  seed: number,
  middle?: () => Promise<void>,
): Promise<Churn> {
  const next = chance(seed)
  const tabs = new Map<string, Entered[]>(users.map(user => [user, []]))
  const came = new Map<string, number>()
  for (let i = 0; i < 300; i++) {
    if (i === 150) await middle?.()
    const user = users[Math.floor(next() * users.length)] ?? ''
    const node = nodes[Math.floor(next() * nodes.length)]
    const open = tabs.get(user) ?? []
    if (node === undefined) throw new Error('no node')
    if (open.length < 3 && next() < 0.5) {
      if (open.length === 0) came.set(user, (came.get(user) ?? 0) + 1)
      open.push(await enter(t, node, `user=${user}&group=a`))
    } else await open.splice(Math.floor(next() * open.length), 1)[0]?.client.close()
    // About as long as the grace time now and then, so that coming back and leaving meet.
    if (next() < 0.3) await wait(next() * 60)
  }
  return { tabs, came }
}

/** Waits until every node lists those, and every story ends with the truth. */
async function settles(nodes: readonly GatewayProcess[], present: readonly string[]): Promise<void> {
  for (const node of nodes)
    await eventually(`the members ${present}`, async () => {
      const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
      const listed = body.members.map(({ user }: { user: string }) => user)
      return listed.join() === present.join()
    })
  for (const user of users) {
    const last = present.includes(user) ? 1 : 0
    await eventually(`the end of ${user}: ${storyOf(nodes, user)}`, () => {
      const story = storyOf(nodes, user)
      const joins = story.filter(what => what === 'join').length
      return 2 * joins - story.length === last
    })
  }
}

/** Nobody is said to come more often than they came. The nodes tell their own hooks, so there is no one order. */
function assertNoMore(nodes: readonly GatewayProcess[], came: ReadonlyMap<string, number>): void {
  for (const [user, count] of came) {
    const joins = storyOf(nodes, user).filter(what => what === 'join').length
    assert.ok(joins >= 1 && joins <= count, `${user} came ${count} times: ${storyOf(nodes, user)}`)
  }
}

/** Who has a tab open is there; when all have closed theirs, nobody is, and nothing was told too often. */
async function endsWithTheTruth(nodes: readonly GatewayProcess[], { tabs, came }: Churn): Promise<void> {
  await settles(
    nodes,
    users.filter(user => tabs.get(user)?.length),
  )
  for (const open of tabs.values()) for (const { client } of open) await client.close()
  await settles(nodes, [])
  assertNoMore(nodes, came)
}

test('tabs that come and go at random: each join and leave is told once, and they end with the truth', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env })
  await endsWithTheTruth(nodes, await churn(t, nodes, 1))
})

test('the same with Redis killed and started again in the middle', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t, { env })
  const churned = await churn(t, nodes, 2, () => redis.restart())
  await joined(nodes)
  await endsWithTheTruth(nodes, churned)
})

test('the same with FLUSHALL in the middle', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t, { env })
  const { tabs } = await churn(t, nodes, 3, async () => {
    await redis.command('FLUSHALL')
  })
  const present = users.filter(user => tabs.get(user)?.length)
  for (const node of nodes)
    await eventually(`the members ${present}`, async () => {
      const { body } = await node.call('GET', '/groups/a/members?scope=cluster')
      return body.members.map(({ user }: { user: string }) => user).join() === present.join()
    })
})
