/** The gateways that the cases are tried on, each for what only it can answer. */
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startApplication } from '../../support/application.ts'
import { type Client, connect } from '../../support/client.ts'
import { nodeId, startNodes } from '../../support/cluster.ts'
import {
  type GatewayOptions,
  type GatewayProcess,
  spawnGateway,
  temporaryFolder,
} from '../../support/gateway.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { Stage } from './stage.ts'

/** What stands in the examples of the description. */
const SAMPLE = { node: '1gizuiagngue7', otherNode: '2m0xq3s5v1c9k' }

export const CONTROL_TOKEN = 'a-token-of-good-length'
const MAX_PAYLOAD_BYTES = 1000
/** Many at once, on a busy machine. */
const START_MS = 30_000

/** A push says what becomes of it; a client may say in its query how long its end takes. */
const listener = `
export const onClientOpen = ({ conn }) => {
  const { searchParams } = new URL(conn.request.path + '?' + conn.request.query, 'http://x')
  if (searchParams.has('group')) conn.join(searchParams.get('group'))
  if (conn.user) conn.info = { name: conn.user }
}
export const onMessage = async data => {
  if (data.how === 'throw') throw new Error('no such room')
  if (data.how === 'hang') await new Promise(() => {})
  if (data.how === 'list') data.connections = 'everyone'
  if (data.how === 'value') data.message = 1n
}
export const onClientClose = ({ conn }) =>
  conn.request.query.includes('slow') ? new Promise(done => setTimeout(done, 10_000)) : undefined
`

export interface Node extends Stage {
  /** The node's id. */
  readonly id: string
}

export interface Stages {
  /** All is well: it has a listener, takes tokens, and listens over TCP. */
  readonly main: Stage
  /** Stopped, and its port is another's. */
  readonly stopped: Stage
  /** Its folder of the log is a file. */
  readonly disabled: Stage
  /** Stopped, and Redis does not let it in. */
  readonly refused: Stage
  /** Running, with a listener that is not there. Its id is `news`, and its socket is in the folder of `main`'s. */
  readonly bare: Stage
  /** Its listener is an application, which is away. */
  readonly away: Stage
  /** Runs, and may be stopped. */
  readonly spare: Stage
  /** Two nodes of a cluster, and their Redis. */
  readonly one: Node
  readonly two: Node
  readonly redis: RedisServer
  /** A token that `main` takes. */
  readonly sign: IdentityProvider['sign']
  /** Comes in at `main`. @returns the id */
  enter(user: string, query?: string): Promise<Entered>
  /** Comes in at a node of the cluster. */
  enterAt(stage: Stage, query: string): Promise<Entered>
  /** What stands in the examples for what is another one each time. */
  readonly names: Map<string, string>
}

export interface Entered {
  readonly client: Client
  readonly id: string
}

export async function startStages(t: TestContext): Promise<Stages> {
  const folder = temporaryFolder(t)
  const run = join(folder, 'run')
  const identity = await startIdentityProvider(t)
  const files = { 'listener.mjs': listener }
  const taken = createTcpServer().listen(0)
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const start = async (options: GatewayOptions): Promise<Stage> => {
    const process = spawnGateway(t, { listener: {}, ...options })
    await process.line(line => line.event === 'gateway.start', 0, START_MS)
    const { WS_GATEWAY_ID: id = 'websocket', WS_CONTROL_DIR: place = join(process.folder, 'run') } =
      options.env ?? {}
    return new Stage(process, id, join(place, `${id}.sock`))
  }
  const application = await startApplication(t)
  await application.stop()
  const redis = await startRedis(t, { persistent: false })
  const [main, stopped, disabled, refused, bare, away, spare, [one, two]] = await Promise.all([
    start({
      folder,
      listener: files,
      env: {
        WS_JWT_JWKS_URL: identity.url,
        WS_JWT_GROUPS_CLAIM: 'groups',
        WS_CONTROL_PORT: '0',
        WS_CONTROL_TOKEN: CONTROL_TOKEN,
        WS_MAX_PAYLOAD_BYTES: String(MAX_PAYLOAD_BYTES),
        WS_LISTENER_TIMEOUT_MS: '200',
        WS_LOG_LEVEL: 'debug',
      },
    }),
    start({ listener: files, env: { WS_STARTUP_MODE: 'manual', WS_PORT: String(port) } }),
    start({ listener: files, files: { logs: '' }, env: { WS_STARTUP_MODE: 'disabled' } }),
    start({ env: { WS_STARTUP_MODE: 'manual', WS_REDIS_URL: redis.url.replace('//', '//nobody:wrong@') } }),
    start({ env: { WS_LISTENER: 'missing', WS_CONTROL_DIR: run, WS_GATEWAY_ID: 'news' } }),
    start({
      env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'push', WS_LISTENER_TIMEOUT_MS: '200' },
    }),
    start({ listener: files, env: { WS_SHUTDOWN_TIMEOUT_MS: '60000' } }),
    startNodes(t, redis, { nodes: 2, env: { WS_PUSH_STREAM: 'pushes', WS_NODE_TIMEOUT_MS: '60000' } }),
  ])
  if (one === undefined || two === undefined) throw new Error('too few nodes')
  await strangeSockets(t, run)
  const node = async (process: GatewayProcess): Promise<Node> =>
    Object.assign(new Stage(process), { id: await nodeId(process) })
  const cluster = await Promise.all([node(one), node(two)])
  const enter = async (stage: Stage, target: string, token?: string): Promise<Entered> => {
    const protocols = token === undefined ? [] : ['bearer', token]
    const from = stage.process.lines.length
    const client = await connect(t, `${stage.process.url}${target}`, protocols)
    const path = target.replace(/\?.*/, '')
    const { conn } = await stage.process.line(
      line => line.event === 'client.open' && line.path === path,
      from,
    )
    return { client, id: String(conn) }
  }
  let count = 0
  const enterAt = (stage: Stage, query: string): Promise<Entered> => enter(stage, `/${++count}?${query}`)
  await enterAt(cluster[0], 'user=anna&group=all&group=cats&info={"name":"Anna"}')
  await enterAt(cluster[0], 'user=ben&group=all')
  await enterAt(cluster[1], 'user=carl&group=all')
  return {
    ...{ main, stopped, disabled, refused, bare, away, spare, redis },
    ...{ one: cluster[0], two: cluster[1] },
    names: new Map([
      ...[main, bare, disabled].map(stage => [stage.process.folder, '/app'] as const),
      [String(port), '10125'],
      [String(redis.port), '6379'],
      [cluster[0].id, SAMPLE.node],
      [cluster[1].id, SAMPLE.otherNode],
      [new URL(application.url).host, '192.0.2.1:8080'],
    ]),
    sign: identity.sign,
    // Each at a path of its own, by which it is found in the log.
    enter: async (user, query = '') => enter(main, `/${++count}?${query}`, await identity.sign(user)),
    enterAt,
  }
}

/**
 * Sockets in a control folder that are no gateway's: one hangs up, one speaks another protocol, and one is left of a
 * process that is gone.
 */
async function strangeSockets(t: TestContext, folder: string): Promise<void> {
  const broken = createTcpServer({ allowHalfOpen: true }, socket =>
    socket.once('data', () => socket.end()).resume(),
  ).listen(join(folder, 'broken.sock'))
  const strange = createTcpServer(socket =>
    socket.once('data', () =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ),
  ).listen(join(folder, 'strange.sock'))
  const dead = createTcpServer().listen(join(folder, 'dying.sock'))
  await Promise.all([broken, strange, dead].map(server => once(server, 'listening')))
  renameSync(join(folder, 'dying.sock'), join(folder, 'dead.sock'))
  dead.close()
  t.after(() => {
    broken.close()
    strange.close()
  })
}
