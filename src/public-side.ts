/** What comes up when the gateway starts and goes down when it stops: the listener, and the public port. */
import type { IncomingMessage } from 'node:http'
import { type Admission, CLIENT_GONE, type Verdict } from './admission/admission.ts'
import { Arrivals } from './admission/arrivals.ts'
import type { Refusals } from './admission/refusals.ts'
import type { Clients } from './clients.ts'
import type { Settings } from './config.ts'
import { CLOSE } from './connections/close-codes.ts'
import { closeBitByBit } from './connections/draining.ts'
import type { Registry } from './connections/registry.ts'
import { ClientRequest } from './connections/request.ts'
import { PublicServer } from './connections/server.ts'
import type { Outbox } from './delivery/outbox.ts'
import { FirstPage } from './first-page.ts'
import type { Phases } from './lifecycle.ts'
import { listenFault } from './listen-fault.ts'
import type { ListenerPort } from './listener/listener.ts'
import type { Logger } from './log.ts'
import { Problem } from './problem.ts'
import type { Certificate } from './tls/certificate.ts'

export interface PublicSideOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly connections: Registry
  readonly outbox: Outbox
  readonly listener: ListenerPort
  readonly clients: Clients
  readonly admission: Admission
  readonly refusals: Refusals
  /** Whether clients show a token. */
  readonly needsToken: boolean
  /** Undefined when the port speaks no TLS. */
  readonly certificate: Certificate | undefined
  /** What happens once the listener is there, and before clients come. @throws Problem when nobody may come */
  beforeOpening(): Promise<void>
  /** What happens once the clients have gone, and before the listener goes. @param ms how long it may take */
  afterClosing(ms: number): Promise<void>
  health(): { readonly ok: boolean; readonly body: object }
}

/** The shares of WS_SHUTDOWN_TIMEOUT_MS after which the next step of a stop no longer waits. */
const SOCKETS_SHARE = 0.7
const HOOKS_SHARE = 0.85
const LEAVE_SHARE = 0.92
const UNLOAD_SHARE = 0.96

/** TCP connections beyond `WS_MAX_CONNECTIONS`: to be refused properly, and for plain HTTP requests. */
const SPARE_SOCKETS = 1000

export class PublicSide implements Phases {
  readonly #options: PublicSideOptions
  readonly #page: FirstPage | undefined
  #server: PublicServer | undefined
  #port: number | undefined
  #since = 0
  /** What a drain has taken of the shutdown time. */
  #drainedMs = 0

  constructor(options: PublicSideOptions) {
    this.#options = options
    const { page, path } = options.settings
    this.#page = page ? new FirstPage({ path, needsToken: options.needsToken }) : undefined
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
    const { settings, log, listener, clients, certificate, beforeOpening, afterClosing } = this.#options
    await listener.start()
    try {
      await beforeOpening()
      this.#server = await this.#listen()
    } catch (error) {
      await afterClosing(settings.shutdownTimeoutMs)
      await listener.stop()
      if (error instanceof Problem) throw error
      throw new Problem(
        409,
        listenFault(settings.host, settings.port, error as NodeJS.ErrnoException, 'WS_HOST'),
        {},
        error,
      )
    }
    clients.upkeep.start()
    certificate?.follow(tls => this.#server?.renewTls(tls))
    this.#since = performance.now()
    log.info(
      { event: 'gateway.start', port: this.#port, mode: settings.startupMode },
      `the gateway listens on port ${this.#port}`,
    )
  }

  async down(why: 'stop' | 'restart'): Promise<void> {
    const { settings, log, connections, outbox, listener, clients, certificate, afterClosing } = this.#options
    const begun = performance.now()
    const whole = settings.shutdownTimeoutMs - this.#drainedMs
    const left = (share: number): number => Math.max(0, whole * share - (performance.now() - begun))
    this.#server?.close()
    this.#server = undefined
    certificate?.unfollow()
    outbox.flush()
    const closed = connections.size
    const [code, reason] =
      why === 'stop' ? [CLOSE.goingAway, 'gateway stops'] : [CLOSE.serviceRestart, 'gateway restarts']
    for (const connection of connections) connection.close(code, reason)
    await within(connections.empty(), left(SOCKETS_SHARE))
    for (const connection of connections.leaving) connection.terminate()
    await within(connections.empty(), left(HOOKS_SHARE))
    const lost = clients.forgetLeaving()
    if (lost > 0) {
      log.warn(
        { event: 'gateway.stop', lost },
        `${lost} ${lost === 1 ? 'event' : 'events'} of connections did not end in time, or did not reach the listener`,
      )
    }
    clients.upkeep.stop()
    await within(afterClosing(left(LEAVE_SHARE)), left(LEAVE_SHARE))
    await within(listener.stop(), left(UNLOAD_SHARE))
    log.info({ event: 'gateway.stop', connections: closed, reason: why }, 'the gateway has stopped')
  }

  /** Closes all connections one after another, so that they do not come back all at once. */
  async drain(ms: number): Promise<void> {
    const { connections, log } = this.#options
    log.info({ event: 'gateway.stop', connections: connections.size, ms }, 'the gateway lets its clients go')
    const begun = performance.now()
    await closeBitByBit(connections, ms)
    this.#drainedMs = performance.now() - begun
  }

  #admit(message: IncomingMessage, whenGone: (then: () => void) => void): Verdict | Promise<Verdict> {
    const { admission, refusals } = this.#options
    const request = new ClientRequest(message, admission.proxies)
    const noted = (verdict: Verdict): Verdict => {
      if (verdict instanceof Problem && verdict !== CLIENT_GONE) refusals.note(verdict, request)
      return verdict
    }
    const verdict = admission.decide(message, request, whenGone)
    return verdict instanceof Promise ? verdict.then(noted) : noted(verdict)
  }

  async #listen(): Promise<PublicServer> {
    const { settings, log, health, clients, certificate } = this.#options
    const { proxies } = this.#options.admission
    const arrivals = new Arrivals(settings.maxConnectionsPerIp, address => proxies.trusts(address))
    const create = (port: number): PublicServer =>
      new PublicServer({
        host: settings.host ?? undefined,
        port,
        maxPayloadBytes: settings.maxPayloadBytes,
        maxHeaderBytes: settings.maxHeaderBytes,
        compression: settings.compression,
        handshakeTimeoutMs: settings.handshakeTimeoutMs,
        closeTimeoutMs: settings.shutdownTimeoutMs + 1000,
        tls: certificate?.current,
        health,
        page: request => this.#page?.answer(request),
        maxSockets: settings.maxConnections === 0 ? 0 : settings.maxConnections + SPARE_SOCKETS,
        arrived: arrivals.counts ? address => arrivals.take(address) : undefined,
        admit: (request, whenGone) => this.#admit(request, whenGone),
        opened: (socket, raw, admitted) => clients.opened(socket, raw, admitted),
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
