/** The servers that are compared. Each is a process of its own, on a core of its own. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onCore, portOf, start, stop } from '../process.ts'
import { ENGINE_IO, installSocketIo, socketIoServer } from '../socketio/install.ts'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

/** The two ways in which a server treats a message. */
export type Path = '/fanout' | '/echo'

/** A server that runs. */
export interface Running {
  readonly pid: number
  url(path: Path): string
  stop(): Promise<void>
}

interface ServerKind {
  readonly about: string
  /** What must be there before it can be started. */
  prepare?(options: ServerOptions): void
  /** The script that is run, and the environment that it gets; `folder` is for its files. */
  script(options: ServerOptions, folder: string): { readonly file: string; readonly env?: NodeJS.ProcessEnv }
  /** True for one that speaks Socket.IO's protocol. */
  readonly engineIo?: boolean
}

export interface ServerOptions {
  readonly core: string
  /** The gateway's `dist/main.js`. */
  readonly gateway: string
  /** Flags of node, such as `--cpu-prof`. */
  readonly nodeArgs: readonly string[]
}

/** Everything that bounds clients, high enough for the load. */
const LIMITS = {
  WS_ALLOWED_ORIGINS: 'https://example.com',
  WS_TRUST_PROXY: '10.0.0.0/8',
  WS_MAX_CONNECTIONS: '100000',
  WS_MAX_CONNECTIONS_PER_IP: '100000',
  WS_MAX_CONNECTIONS_PER_USER: '100000',
  WS_MAX_MESSAGES_PER_SECOND: '1000000',
  WS_IDLE_TIMEOUT_MS: '3600000',
  WS_MAX_CONNECTION_AGE_MS: '86400000',
  WS_LISTENER_STUCK_MS: '10000',
}

function gateway(about: string, listener: string, more: NodeJS.ProcessEnv = {}): ServerKind {
  return {
    about,
    prepare({ gateway }) {
      if (!existsSync(gateway)) throw new Error(`${gateway} is not there: run npm run build first`)
    },
    script: ({ gateway }, folder) => ({
      file: gateway,
      env: {
        WS_HOST: '127.0.0.1',
        WS_PORT: '0',
        WS_LISTENER: join(here, 'listeners', listener),
        WS_LOG_DIR: join(folder, 'logs'),
        WS_CONTROL_DIR: join(folder, 'run'),
        ...more,
      },
    }),
  }
}

export const servers = {
  ws: {
    about: 'bare ws, a loop of sends',
    script: () => ({ file: join(here, 'servers', 'ws.mjs') }),
  },
  gateway: gateway('this gateway through its listener, its log on', 'plain'),
  limited: gateway('the same with all limits on', 'plain', LIMITS),
  rooms: gateway("this gateway with the README's listener (message changed, one room, no sender)", 'rooms'),
  joined: {
    about: "the gateway's writes without a gateway",
    script: () => ({ file: join(here, 'servers', 'joined.mjs') }),
  },
  socketio: {
    about: 'Socket.IO',
    engineIo: true,
    prepare: () => installSocketIo(),
    script: () => ({ file: socketIoServer }),
  },
} as const satisfies Record<string, ServerKind>

export type ServerName = keyof typeof servers

/** Makes sure that these can be started. */
export function prepare(names: readonly ServerName[], options: ServerOptions): void {
  for (const name of names) {
    const kind: ServerKind = servers[name]
    kind.prepare?.(options)
  }
}

/** Whether a server speaks Socket.IO's protocol. */
export function speaksEngineIo(name: ServerName): boolean {
  const kind: ServerKind = servers[name]
  return kind.engineIo === true
}

/** Starts a server and waits until it listens. */
export async function startServer(name: ServerName, options: ServerOptions): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  mkdirSync(join(folder, 'run'))
  const kind: ServerKind = servers[name]
  const { file, env } = kind.script(options, folder)
  const child = start(onCore(options.core, [process.execPath, ...options.nodeArgs, file]), {
    // No .env of the working directory may have a say.
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = async (): Promise<void> => {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await portOf(child, 20_000)
    return {
      pid: child.pid ?? 0,
      url: path => `ws://127.0.0.1:${port}${kind.engineIo ? engineIoPath(path) : path}`,
      stop: end,
    }
  } catch (error) {
    await end()
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function engineIoPath(path: Path): string {
  return `${ENGINE_IO}${path === '/echo' ? '&echo=1' : ''}`
}

/** Where the gateway's built main file is, when nothing else is said. */
export const builtGateway = join(root, 'dist', 'main.js')
