/** Several gateways on one Redis, and clients who come in as users and members of groups. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Client, connect } from './client.ts'
import { eventually } from './eventually.ts'
import { type GatewayOptions, type GatewayProcess, spawnGateway } from './gateway.ts'
import { type RedisServer, startRedis } from './redis.ts'

/** Short times, so that the tests are quick. */
export const NODE_TIMEOUT_MS = 2000
export const GRACE_MS = 300
/**
 * For tests in which a node is to be missed. In all others a node has as long as it has without a setting: on a busy
 * machine one that is slow is not to be taken for dead.
 */
export const shortLived = { WS_NODE_TIMEOUT_MS: `${NODE_TIMEOUT_MS}` }
/** The same where it matters that the others are not missed as well. */
export const mortal = { WS_NODE_TIMEOUT_MS: '5000' }

/**
 * Who comes in says who it is in its URL (`?user=anna&group=a&group=b&info={}`), and is told its id. What is told of
 * presence stands in the log. A text `{"to": …}` of a client, or a push with `to`, says who gets it.
 */
export const listener = `
export const onClientOpen = (data, gateway) => {
  const query = new URLSearchParams(data.conn.request.query)
  if (query.has('user')) data.conn.user = query.get('user')
  if (query.has('info')) data.conn.info = JSON.parse(query.get('info'))
  for (const group of query.getAll('group')) data.conn.join(group)
  data.conn.send(data.conn.id)
}
export const onMessage = (data, gateway) => {
  if (data.conn && typeof data.message === 'string' && data.message.startsWith('{')) {
    const { text, ...to } = JSON.parse(data.message)
    data.message = text
    Object.assign(data, to)
  }
  gateway.log.debug('ran ' + data.message)
}
export const onGroupJoin = (data, gateway) => told(gateway, 'join', data)
export const onGroupLeave = (data, gateway) => told(gateway, 'leave', data)
const told = (gateway, what, { group, user, info }) =>
  gateway.log.info([what, group, user, JSON.stringify(info)].filter(word => word !== undefined).join(' '))
`

export interface ClusterOptions extends Omit<GatewayOptions, 'folder'> {
  readonly nodes?: number
}

/** The environment of a node, which a test may start by itself. */
export function clusterEnvironment(redis: RedisServer): Record<string, string> {
  return {
    WS_REDIS_URL: redis.url,
    WS_PRESENCE_GRACE_MS: `${GRACE_MS}`,
    // Long after a test's end: what is found out here is the cluster's doing, not the heartbeat's.
    WS_HEARTBEAT_MS: '60000',
    ...(redis.certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: redis.certificate }),
  }
}

/** Starts one more node; it has not joined yet. */
export async function startNode(
  t: TestContext,
  redis: RedisServer,
  { env, ...options }: GatewayOptions = {},
): Promise<GatewayProcess> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gw-'))
  const node = spawnGateway(t, {
    listener: { 'listener.mjs': listener },
    ...options,
    folder,
    env: { ...clusterEnvironment(redis), ...env },
  })
  // After its end: it logs the loss of Redis and of the others until then, and would make its folder again.
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await node.line(line => line.event === 'gateway.start' && line.port !== undefined)
  return node
}

/** Starts some nodes, and waits until each knows of all. */
export async function startNodes(
  t: TestContext,
  redis: RedisServer,
  { nodes = 3, ...options }: ClusterOptions = {},
): Promise<GatewayProcess[]> {
  const all = await Promise.all(Array.from({ length: nodes }, () => startNode(t, redis, options)))
  await joined(all)
  return all
}

/** A Redis and three nodes on it. */
export async function startCluster(
  t: TestContext,
  options?: ClusterOptions,
): Promise<{ redis: RedisServer; nodes: [GatewayProcess, GatewayProcess, GatewayProcess] }> {
  const redis = await startRedis(t)
  const [first, second, third] = await startNodes(t, redis, options)
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few nodes')
  return { redis, nodes: [first, second, third] }
}

/** Waits until each of these nodes is joined and lists exactly these. */
export async function joined(nodes: readonly GatewayProcess[], withinMs?: number): Promise<void> {
  await Promise.all(
    nodes.map(node =>
      untilStatus(
        node,
        `${nodes.length} nodes`,
        status => status.backplane?.state === 'joined' && status.nodes.length === nodes.length,
        withinMs,
      ),
    ),
  )
}

/** Waits until a node's status is so, and gives it. */
export function untilStatus(
  node: GatewayProcess,
  what: string,
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of a status is checked by its assertions
  holds: (status: any) => boolean,
  withinMs?: number,
  // biome-ignore lint/suspicious/noExplicitAny: see above
): Promise<any> {
  return eventually(
    `${what} in the status of ${node.folder}`,
    async () => {
      const { body } = await node.call('GET', '/status')
      return holds(body) && body
    },
    withinMs,
  )
}

/** A node's id, as its status says. */
export async function nodeId(node: GatewayProcess): Promise<string> {
  return (await node.call('GET', '/status')).body.node
}

export interface Entered {
  readonly client: Client
  readonly id: string
  /** What it got since it came in. */
  readonly got: () => (string | Buffer)[]
  /** Waits for so many messages since it came in, and gives them. */
  readonly messages: (count: number) => Promise<(string | Buffer)[]>
}

/** A client who has come in with this query, such as `user=anna&group=a`. */
export async function enter(t: TestContext, node: GatewayProcess, query = ''): Promise<Entered> {
  const client = await connect(t, `${node.url}/?${query}`)
  const [id] = await client.messages(1)
  return {
    client,
    id: String(id),
    got: () => client.got.slice(1),
    messages: async count => (await client.messages(count + 1)).slice(1),
  }
}

/** What the listeners of these nodes were told of presence, such as `leave a anna`. */
export function told(nodes: readonly GatewayProcess[]): string[] {
  return nodes
    .flatMap(node => node.lines)
    .map(line => line.msg ?? '')
    .filter(msg => /^(join|leave) /.test(msg))
    .sort()
}

/** Waits until one of the nodes was told so. */
export function isTold(nodes: readonly GatewayProcess[], msg: string, withinMs?: number): Promise<true> {
  return eventually(`${msg}; told was ${told(nodes).join(', ')}`, () => told(nodes).includes(msg), withinMs)
}
