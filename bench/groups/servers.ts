/** The servers that have groups: this gateway, and Socket.IO with its rooms. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onCore, portOf, start, stop } from '../process.ts'
import { ENGINE_IO, installSocketIo, socketIoGroups } from '../socketio/install.ts'

const here = dirname(fileURLToPath(import.meta.url))
const START_MS = 20_000
const ORDER_MS = 60_000
const OPEN_MS = 60_000
const POLL_MS = 100

/** Which way a message finds its recipients. */
export type Way = 'own-group' | 'connection' | 'filter' | 'one-group' | 'everyone'

/** What a server's process has found; see driver.mjs. */
export interface Memberships {
  readonly joinNs: number
  readonly leaveNs: number
  readonly bytes: number
}

export interface Order {
  readonly order: 'count' | 'memberships' | 'identify'
  readonly connections?: number
  readonly groups?: 'own' | 'one'
  readonly times?: number
}

export interface Server {
  readonly pid: number
  url(way: Way): string
  order(order: Order): Promise<Readonly<Record<string, number>>>
  /** Resolves once so many clients are there. */
  filled(count: number): Promise<void>
  stop(): Promise<void>
}

interface Kind {
  readonly engineIo: boolean
  /** Whether it knows of users, and tells who is in a group. */
  readonly hasUsers: boolean
  readonly ways: readonly Way[]
  /** What is run, and what it gets. */
  script(gateway: string): { readonly file: string; readonly env?: NodeJS.ProcessEnv }
}

export const kinds = {
  gateway: {
    engineIo: false,
    hasUsers: true,
    ways: ['own-group', 'connection', 'filter', 'one-group', 'everyone'],
    script: gateway => ({
      file: gateway,
      env: { WS_HOST: '127.0.0.1', WS_PORT: '0', WS_LISTENER: join(here, 'listener') },
    }),
  },
  socketio: {
    engineIo: true,
    hasUsers: false,
    ways: ['own-group', 'connection', 'one-group', 'everyone'],
    script: () => ({ file: socketIoGroups }),
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

export interface ServerOptions {
  readonly gateway: string
  readonly nodeArgs: readonly string[]
  readonly core: string
}

/** Starts a server and waits until it listens. */
export async function startServer(name: KindName, options: ServerOptions): Promise<Server> {
  const kind: Kind = kinds[name]
  if (name === 'socketio') installSocketIo()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  mkdirSync(join(folder, 'run'))
  const { file, env } = kind.script(options.gateway)
  const child = start(onCore(options.core, [process.execPath, '--expose-gc', ...options.nodeArgs, file]), {
    // No .env of the working directory may have a say.
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const end = async (): Promise<void> => {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('standard input and output must be pipes')
  try {
    const port = await portOf(child, START_MS)
    let answered: ((answer: Record<string, number>) => void) | undefined
    createInterface(stdout).on('line', line => {
      if (line.startsWith('{"bench":')) answered?.(JSON.parse(line))
    })
    const order = (data: Order): Promise<Record<string, number>> =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${data.order} took more than ${ORDER_MS} ms`)),
          ORDER_MS,
        )
        answered = answer => {
          clearTimeout(late)
          resolve(answer)
        }
        stdin.write(`${JSON.stringify(data)}\n`)
      })
    return {
      pid: child.pid ?? 0,
      url: way => `ws://127.0.0.1:${port}${kind.engineIo ? `${ENGINE_IO}&way=${way}` : `/${way}`}`,
      order,
      filled: async count => {
        const late = performance.now() + OPEN_MS
        while ((await order({ order: 'count' })).connections !== count) {
          if (performance.now() > late) throw new Error(`not ${count} clients after ${OPEN_MS} ms`)
          await sleep(POLL_MS)
        }
      },
      stop: end,
    }
  } catch (error) {
    await end()
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
