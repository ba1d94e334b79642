/** What comes up when the gateway starts and goes down when it stops: the listener, and the public port. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Settings } from './config.ts'
import { CLOSE } from './connections/close-codes.ts'
import type { Registry } from './connections/registry.ts'
import { PublicServer } from './connections/server.ts'
import type { ServerSocket } from './connections/socket.ts'
import type { Outbox } from './delivery/outbox.ts'
import type { Phases } from './lifecycle.ts'
import type { ListenerPort } from './listener/listener.ts'
import type { Logger } from './log.ts'
import { Problem } from './problem.ts'
import type { Health } from './status.ts'

export interface PublicSideOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly connections: Registry
  readonly outbox: Outbox
  readonly listener: ListenerPort
  refusal(): Problem | undefined
  health(): Health
  opened(socket: ServerSocket, raw: Duplex, request: IncomingMessage): void
}

/** The shares of WS_SHUTDOWN_TIMEOUT_MS after which the next step of a stop no longer waits. */
const SOCKETS_SHARE = 0.7
const HOOKS_SHARE = 0.85
const UNLOAD_SHARE = 0.95

export class PublicSide implements Phases {
  readonly #options: PublicSideOptions
  #server: PublicServer | undefined
  #port: number | undefined
  #since = 0

  constructor(options: PublicSideOptions) {
    this.#options = options
  }

  /** The port that is listened on, or undefined. */
  get port(): number | undefined {
    return this.#server === undefined ? undefined : this.#port
  }

  /** How long it has been listened on, in milliseconds. */
  get uptimeMs(): number {
    return this.#server === undefined ? 0 : Math.round(performance.now() - this.#since)
  }

  async up(): Promise<void> {
    const { settings, log, listener } = this.#options
    await listener.start()
    try {
      this.#server = await this.#listen()
    } catch (error) {
      await listener.stop()
      throw new Problem(409, cannotListen(settings, error as NodeJS.ErrnoException), {}, error)
    }
    this.#since = performance.now()
    log.info(
      { event: 'gateway.start', port: this.#port, mode: settings.startupMode },
      `the gateway listens on port ${this.#port}`,
    )
  }

  async down(why: 'stop' | 'restart'): Promise<void> {
    const { settings, log, connections, outbox, listener } = this.#options
    const begun = performance.now()
    const left = (share: number): number =>
      Math.max(0, settings.shutdownTimeoutMs * share - (performance.now() - begun))
    this.#server?.close()
    this.#server = undefined
    outbox.flush()
    const closed = connections.size
    const [code, reason] =
      why === 'stop' ? [CLOSE.goingAway, 'gateway stops'] : [CLOSE.serviceRestart, 'gateway restarts']
    for (const connection of connections) connection.close(code, reason)
    await within(connections.empty(), left(SOCKETS_SHARE))
    for (const connection of connections.leaving) connection.terminate()
    await within(connections.empty(), left(HOOKS_SHARE))
    connections.forgetLeaving()
    await within(listener.stop(), left(UNLOAD_SHARE))
    log.info({ event: 'gateway.stop', connections: closed, reason: why }, 'the gateway has stopped')
  }

  async #listen(): Promise<PublicServer> {
    const { settings, log, refusal, opened, health } = this.#options
    const create = (port: number): PublicServer =>
      new PublicServer({
        host: settings.host ?? undefined,
        port,
        maxPayloadBytes: settings.maxPayloadBytes,
        closeTimeoutMs: settings.shutdownTimeoutMs + 1000,
        // To a client, a gateway that is going down is as unavailable as one without a listener.
        refusal: () => {
          const problem = refusal()
          return problem && new Problem(503, problem.detail)
        },
        health: () => {
          const now = health()
          return { ok: now.status !== 'fail', body: { status: now.status } }
        },
        opened,
        failed: error => log.error({ event: 'error', err: error }, 'the WebSocket server has a fault'),
      })
    // A restart with WS_PORT=0 comes back on the port that its clients know, when it is still free.
    if (settings.port === 0 && this.#port !== undefined) {
      const server = create(this.#port)
      try {
        await server.listen()
        return server
      } catch (error) {
        log.warn({ event: 'error', err: error }, `port ${this.#port} is no longer free; another is taken`)
      }
    }
    const server = create(settings.port)
    this.#port = await server.listen()
    return server
  }
}

function cannotListen(settings: Settings, error: NodeJS.ErrnoException): string {
  const where = settings.host === null ? `port ${settings.port}` : `${settings.host} port ${settings.port}`
  const why =
    error.code === 'EADDRINUSE'
      ? 'another process has it'
      : error.code === 'EACCES'
        ? 'this user may not (ports below 1024 need a right of their own)'
        : error.code === 'EADDRNOTAVAIL'
          ? 'this machine has no such address (WS_HOST)'
          : error.message
  return `cannot listen on ${where}: ${why} (${error.code ?? error.name})`
}

/** Waits for a promise, but no longer than this. */
async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  let late: NodeJS.Timeout | undefined
  await Promise.race([
    promise,
    new Promise(resolve => {
      late = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(late)
}
