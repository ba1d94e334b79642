/** The nodes that are compared: of this gateway, and of Socket.IO, each a process of its own. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { call } from '../../src/control/client.ts'
import { onCore, portOf, start, stop } from '../process.ts'
import { ENGINE_IO, installSocketIo, socketIoServer } from '../socketio/install.ts'
import { type Redis, startRedis } from './redis.ts'

const here = dirname(fileURLToPath(import.meta.url))
const START_MS = 20_000
const JOIN_MS = 10_000
const POLL_MS = 50
const END_MS = 10_000
/** Socket.IO's adapter does not say when it has begun to read; what was sent before is lost to it. */
const SETTLE_MS = 1000

export interface NodeOptions {
  /** The gateway's `dist/main.js`. */
  readonly gateway: string
  /** Flags of node, such as `--cpu-prof`. */
  readonly nodeArgs: readonly string[]
  /** All nodes and Redis on this core; undefined leaves it to the system. */
  readonly core?: string
  /** What the nodes get beside. */
  readonly env?: NodeJS.ProcessEnv
}

export interface Kind {
  readonly about: string
  /** True for one that speaks Socket.IO's protocol. */
  readonly engineIo: boolean
  prepare(options: NodeOptions): void
  /** The script that is run, and the environment that it gets. */
  script(
    options: NodeOptions,
    redis: Redis | undefined,
  ): { readonly file: string; readonly env: NodeJS.ProcessEnv }
  /** Resolves once each node knows of all others. */
  joined(folders: readonly string[]): Promise<void>
}

/** The id of the gateways, and so the name of their control sockets. */
export const ID = 'bench'

export const kinds = {
  gateway: {
    about: 'this gateway, its log on',
    engineIo: false,
    prepare({ gateway }) {
      if (!existsSync(gateway)) throw new Error(`${gateway} is not there: run npm run build first`)
    },
    script: ({ gateway }, redis) => ({
      file: gateway,
      env: {
        WS_GATEWAY_ID: ID,
        WS_HOST: '127.0.0.1',
        WS_PORT: '0',
        WS_LISTENER: join(here, '..', 'fanout', 'listeners', 'plain'),
        ...(redis && { WS_REDIS_URL: redis.url }),
      },
    }),
    joined: async folders => {
      for (const folder of folders) await knowsOf(join(folder, 'run', `${ID}.sock`), folders.length)
    },
  },
  socketio: {
    about: 'Socket.IO with its adapter for Redis Streams',
    engineIo: true,
    prepare: () => installSocketIo(),
    script: (_, redis) => ({ file: socketIoServer, env: { ...(redis && { REDIS_URL: redis.url }) } }),
    joined: async () => sleep(SETTLE_MS),
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

/** Asks a gateway until it has met so many nodes, itself included. */
async function knowsOf(socket: string, count: number): Promise<void> {
  const end = performance.now() + JOIN_MS
  let text = ''
  while (performance.now() < end) {
    ;({ text } = await call(socket, 'GET', '/status'))
    const { nodes } = JSON.parse(text) as { nodes?: readonly unknown[] }
    if (nodes?.length === count) return
    await sleep(POLL_MS)
  }
  throw new Error(`no cluster of ${count} after ${JOIN_MS} ms: ${text}`)
}

export interface Cluster {
  readonly redis: Redis | undefined
  /** The process ids of the nodes. */
  readonly pids: readonly number[]
  readonly ports: readonly number[]
  /** Where a client connects to a node. */
  url(node: number): string
  /** The folder of a node. */
  readonly folders: readonly string[]
  stop(): Promise<void>
}

/** Ends a process so that it may still write what it has been told to. */
async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(END_MS, undefined, { ref: false })])
  await stop(child)
}

/** Starts nodes of a kind, and waits until they know of each other. Without Redis there can be but one. */
export async function startCluster(
  name: KindName,
  count: number,
  options: NodeOptions,
  withRedis = true,
): Promise<Cluster> {
  const kind: Kind = kinds[name]
  const ends: (() => unknown)[] = []
  const endAll = async (): Promise<void> => {
    for (const one of ends.reverse()) await one()
  }
  try {
    const redis = withRedis ? await startRedis('none', options.core) : undefined
    if (redis !== undefined) ends.push(() => redis.stop())
    const { file, env } = kind.script(options, redis)
    const folders: string[] = []
    const children: ChildProcess[] = []
    const ports: number[] = []
    for (let node = 0; node < count; node++) {
      const folder = mkdtempSync(join(tmpdir(), 'bench-'))
      ends.push(() => rmSync(folder, { recursive: true, force: true }))
      folders.push(folder)
      mkdirSync(join(folder, 'run'))
      const command = [process.execPath, ...options.nodeArgs, file]
      const child = start(options.core === undefined ? command : onCore(options.core, command), {
        // No .env of the working directory may have a say.
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ...options.env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      ends.push(() => (options.nodeArgs.length > 0 ? end(child) : stop(child)))
      children.push(child)
      ports.push(await portOf(child, START_MS))
    }
    if (redis !== undefined) await kind.joined(folders)
    const pids = children.map(child => child.pid ?? 0)
    return {
      redis,
      pids,
      ports,
      folders,
      url: node => `ws://127.0.0.1:${ports[node]}${kind.engineIo ? ENGINE_IO : '/fanout'}`,
      stop: endAll,
    }
  } catch (error) {
    await endAll()
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
