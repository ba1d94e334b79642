/** The clients: how they come in, what they send, and how they go. */
import type { Duplex } from 'node:stream'
import type { Admitted } from './admission/admission.ts'
import { PathRule } from './admission/paths.ts'
import { groupsOf, KeysUnavailable, TokenError, type TokenVerifier, userOf } from './admission/verified.ts'
import type { Settings } from './config.ts'
import type { Belonging } from './connections/belonging.ts'
import { CLOSE, codeOfFrameError } from './connections/close-codes.ts'
import { ClosingWatch } from './connections/closing.ts'
import { ClientConnection, type ConnectionOwner } from './connections/connection.ts'
import { greeting, PAGE_PROTOCOL } from './connections/page-protocol.ts'
import type { RawSocket } from './connections/raw-socket.ts'
import type { Registry } from './connections/registry.ts'
import type { ServerSocket } from './connections/socket.ts'
import { Upkeep } from './connections/upkeep.ts'
import type { Delivery, Original } from './delivery/delivery.ts'
import type { HookResult, ListenerFault, ListenerPort } from './listener/listener.ts'
import type { ListenerData } from './listener/types.ts'
import type { Logger } from './log.ts'
import { Problem } from './problem.ts'
import type { Traces } from './tracing/traces.ts'
import { CloseCounts } from './vitals/close-counts.ts'

export interface ClientsOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly connections: Registry
  readonly delivery: Delivery<ClientConnection>
  readonly listener: ListenerPort
  /** Undefined when nobody needs a token. */
  readonly tokens: TokenVerifier | undefined
  readonly belonging: Belonging
  readonly traces: Traces
  /** Sends what `onMessage` made of a client's message; a promise holds the connection's next event up. */
  pass(
    data: ListenerData,
    fault: ListenerFault | undefined,
    original: Original | undefined,
  ): Promise<void> | undefined
}

/** So much may wait for the listener that came from connections which have closed since, and no longer bound it. */
const MAX_ORPHANS = { events: 65_536, bytes: 64 * 1024 * 1024 }

export class Clients {
  readonly counters = {
    opened: 0,
    closed: 0,
    received: 0,
    bytesIn: 0,
    slowConsumersClosed: 0,
    slowConsumerDrops: 0,
    listenerErrors: 0,
  }
  /** How many have closed with each code. */
  readonly closes = new CloseCounts()
  readonly upkeep: Upkeep
  readonly #options: ClientsOptions
  readonly #paths: PathRule
  readonly #closing = new ClosingWatch()
  readonly #owner: ConnectionOwner
  /** What waits of connections that have closed. */
  readonly #orphans = { events: 0, bytes: 0 }

  constructor(options: ClientsOptions) {
    this.#options = options
    const { settings, delivery, connections, belonging, traces } = options
    const { maxBufferedBytes, slowConsumer, maxPendingEvents } = settings
    const { maxMessagesPerSecond: perSecond, maxMessagesBurst } = settings
    const burst = Math.max(1, maxMessagesBurst || 2 * perSecond)
    const rate = perSecond === 0 ? undefined : { perSecond, burst }
    this.#paths = new PathRule(settings.path)
    this.upkeep = new Upkeep(settings, connections)
    this.#owner = {
      delivery,
      belonging,
      traces,
      limits: { maxBufferedBytes, slowConsumer, maxPendingEvents, rate },
      closing: connection => {
        connections.leave(connection)
        belonging.closed(connection)
        this.#closing.add(connection)
      },
      slow: what => {
        if (what === 'close') this.counters.slowConsumersClosed++
        else this.counters.slowConsumerDrops++
      },
      renewToken: (connection, token) => this.renewToken(connection, token),
    }
  }

  /** A client has come in. */
  opened(socket: ServerSocket, raw: Duplex, admitted: Admitted): void {
    const { settings, log, connections, listener, belonging, traces } = this.#options
    const { request } = admitted
    // A public server gives TCP sockets.
    const connection = new ClientConnection(admitted, socket, raw as RawSocket, this.#owner)
    this.counters.opened++
    connections.add(connection)
    // Before anybody else can send to it.
    if (settings.page && request.protocol === PAGE_PROTOCOL) connection.send(greeting(connection.id))
    belonging.opened(connection, admitted.groups)
    this.upkeep.add(connection)
    traces.identified(connection)
    const { id, user } = connection
    log.info(
      { event: 'client.open', conn: id, ip: request.ip, path: request.path, ...(user && { user }) },
      'client connected',
    )
    socket.on('message', (bytes: Buffer, isBinary: boolean) => this.#received(connection, bytes, isBinary))
    socket.on('ping', (data: Buffer) => {
      if (connection.mayReceive()) connection.pong(data)
    })
    socket.on('error', error => {
      connection.frameError = error
    })
    socket.on('close', (code: number, reason: Buffer) => this.#closed(connection, code, reason.toString()))
    connection.events.run(() => this.#settle(listener.open({ conn: connection, message: '' })))
  }

  /**
   * Gives a connection a new token, so that it may stay when its old one expires.
   * @throws Problem 400 for a token that does not count, 409 for another user's or when none is asked for, 503
   */
  async renewToken(connection: ClientConnection, token: unknown): Promise<void> {
    const { tokens, settings } = this.#options
    if (tokens === undefined) {
      throw new Problem(
        409,
        'no token is asked for here: set WS_JWT_SECRET, WS_JWT_PUBLIC_KEY or WS_JWT_JWKS_URL',
      )
    }
    if (typeof token !== 'string') throw new Problem(400, `"token" takes a text, got ${typeof token}`)
    const { claims, user, groups, expiresAt } = await tokens.verify(token).catch((error: unknown) => {
      if (error instanceof TokenError) throw new Problem(400, error.message)
      if (error instanceof KeysUnavailable) throw new Problem(503, error.message, {}, error)
      throw error
    })
    if (!connection.isOpen) throw new Problem(404, `no connection "${connection.id}" is open here`)
    if (user !== userOf(connection.claims)) throw new Problem(409, "the token is another user's")
    this.#regroup(connection, groupsOf(connection.claims ?? {}, settings.jwtGroupsClaim), groups)
    connection.claims = claims
    connection.expiresAt = expiresAt
  }

  /**
   * What the old token has given and the new one does not give is taken back, and the other way round. What both give is
   * left as it is, since others may have decided otherwise; what the path has given stays.
   */
  #regroup(connection: ClientConnection, before: readonly string[], after: readonly string[]): void {
    const ofPath = this.#paths.groupsOf(connection.request.path)
    for (const group of before) {
      if (!after.includes(group) && !ofPath.includes(group)) connection.leave(group)
    }
    for (const group of after) if (!before.includes(group)) connection.join(group)
  }

  /** Forgets those that are closing still: the gateway stops. @returns how many events nobody was told of */
  forgetLeaving(): number {
    Object.assign(this.#orphans, { events: 0, bytes: 0 })
    return this.#options.connections.forgetLeaving()
  }

  /** A version of the listener has come into use: who came in unasked must come again, if it asks. */
  listenerInUse(): void {
    const { listener, connections, log } = this.#options
    if (!listener.vets) return
    let count = 0
    for (const connection of connections) {
      if (!connection.byDefault) continue
      count++
      connection.close(CLOSE.serviceRestart, 'come back and be asked')
    }
    if (count > 0) {
      log.info(
        { event: 'listener.load', connections: count },
        'connections that came in before there was a listener are closed, so that it can ask them',
      )
    }
  }

  #received(connection: ClientConnection, bytes: Buffer, isBinary: boolean): void {
    if (!connection.isOpen || !connection.mayReceive()) return
    const { listener, pass } = this.#options
    connection.received++
    this.counters.received++
    this.counters.bytesIn += bytes.length
    connection.tap?.received(bytes, isBinary)
    connection.events.run(() => {
      // Not before its turn: what waits is held once.
      const original = isBinary ? undefined : { text: bytes.toString(), utf8: bytes }
      const data: ListenerData = { conn: connection, message: original?.text ?? bytes }
      const result = listener.message(data)
      if (result instanceof Promise) return result.then(fault => pass(data, fault, original))
      return pass(data, result, original)
    }, bytes.length)
  }

  #closed(connection: ClientConnection, peerCode: number, peerReason: string): void {
    const { log, listener, connections, traces } = this.#options
    connection.beginClosing()
    this.#closing.remove(connection)
    this.counters.closed++
    const err = connection.frameError
    const ours = connection.closedWith
    const code = ours?.code ?? (err === undefined ? peerCode : codeOfFrameError(err))
    const reason = ours?.reason ?? peerReason
    this.closes.add(code)
    traces.closed(connection, code, reason)
    log.info(
      {
        event: 'client.close',
        conn: connection.id,
        ip: connection.request.ip,
        code,
        reason,
        ...(err && { err: { message: err.message } }),
      },
      'client disconnected',
    )
    const giveBack = this.#orphan(connection)
    connection.events.run(() => {
      giveBack()
      const result = this.#settle(listener.close({ conn: connection, message: '', code, reason }))
      if (result !== undefined) return result.then(() => connections.remove(connection))
      connections.remove(connection)
    })
  }

  /** Counts what waits of a closed connection, and drops it when it is too much in all: a client may come and go. */
  #orphan({ id, events }: ClientConnection): () => void {
    const { waiting, waitingBytes } = events
    const orphans = this.#orphans
    const isTooMuch =
      orphans.events + waiting > MAX_ORPHANS.events || orphans.bytes + waitingBytes > MAX_ORPHANS.bytes
    if (isTooMuch && waiting > 0) {
      const lost = events.dropWaiting()
      this.counters.listenerErrors += lost
      this.#options.log.error(
        { event: 'listener.error', conn: id, lost },
        `${lost} messages of a connection that has closed are lost: the listener is too slow for what waits`,
      )
      return () => undefined
    }
    orphans.events += waiting
    orphans.bytes += waitingBytes
    return () => {
      orphans.events -= waiting
      orphans.bytes -= waitingBytes
    }
  }

  /** A hook whose outcome changes nothing but a count. */
  #settle(result: HookResult): Promise<void> | undefined {
    const count = (fault: ListenerFault | undefined): void => {
      if (fault !== undefined) this.counters.listenerErrors++
    }
    if (result instanceof Promise) return result.then(count)
    count(result)
    return undefined
  }
}
