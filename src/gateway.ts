/** The gateway: all its parts, and the one way that data takes through them. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Settings } from './config.ts'
import { codeOfFrameError } from './connections/close-codes.ts'
import { ClosingWatch } from './connections/closing.ts'
import { ClientConnection, type RawSocket } from './connections/connection.ts'
import { idSource } from './connections/id.ts'
import { Registry } from './connections/registry.ts'
import { connectionRequest } from './connections/request.ts'
import type { ServerSocket } from './connections/socket.ts'
import { type Delivered, Delivery, type Original, PayloadTooLarge } from './delivery/delivery.ts'
import { Drain } from './delivery/drain.ts'
import { Lifecycle } from './lifecycle.ts'
import type { HookResult, ListenerFault, ListenerPort } from './listener/listener.ts'
import type { Gateway as GatewayApi, ListenerData, PushData, State } from './listener/types.ts'
import type { Logger } from './log.ts'
import { Problem } from './problem.ts'
import { PublicSide } from './public-side.ts'
import { type Pushed, pushData } from './push.ts'
import { type Health, health, type Status } from './status.ts'

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly version: string
  /** Makes the listener; it is given what makes the gateway that its hooks see, for one version's signal. */
  listener(createGateway: (signal: AbortSignal) => GatewayApi): ListenerPort
}

export class Gateway {
  readonly settings: Settings
  readonly connections = new Registry()
  readonly lifecycle: Lifecycle
  readonly drain = new Drain()
  readonly #log: Logger
  readonly #version: string
  readonly #listener: ListenerPort
  readonly #delivery = new Delivery<ClientConnection>(this.connections)
  readonly #closing = new ClosingWatch()
  readonly #public: PublicSide
  readonly #nextId = idSource()
  readonly #counters = { opened: 0, closed: 0, received: 0, pushes: 0, listenerErrors: 0 }
  readonly #owner = {
    outbox: this.#delivery.outbox,
    closing: (connection: ClientConnection): void => {
      this.connections.leave(connection)
      this.#closing.add(connection)
    },
  }
  #state: State = {}

  constructor(options: GatewayOptions) {
    this.settings = options.settings
    this.#log = options.log
    this.#version = options.version
    this.#listener = options.listener(signal => this.#api(signal))
    this.#public = new PublicSide({
      settings: this.settings,
      log: this.#log,
      connections: this.connections,
      outbox: this.#delivery.outbox,
      listener: this.#listener,
      refusal: () => this.#refusal(),
      health: () => this.health(),
      opened: (socket, raw, request) => this.#opened(socket, raw, request),
    })
    this.lifecycle = new Lifecycle(this.settings.startupMode, {
      up: () => {
        this.#state = {}
        return this.#public.up()
      },
      down: why => this.#public.down(why),
    })
  }

  /**
   * Loads the listener anew.
   * @throws Problem 409 while stopped, or when the listener cannot be loaded
   */
  async reload(): Promise<void> {
    if (this.lifecycle.state !== 'running') {
      throw new Problem(409, `the gateway is ${this.lifecycle.state}: the listener is loaded when it starts`)
    }
    try {
      await this.#listener.reload()
    } catch (error) {
      throw new Problem(409, error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * Pushes a message: through `onMessage`, then to its recipients.
   * @param pushed an object with a `message`; it becomes the hook's `data` itself
   * @returns at once when the hook is synchronous, so that a stream of pushes costs no turn for each
   * @throws Problem 400, 409, 413, 500, 503 or 504, at once or as a rejection
   */
  push(pushed: unknown): Delivered<ClientConnection> | Promise<Delivered<ClientConnection>> {
    const data = pushData(pushed)
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    this.#counters.pushes++
    const result = this.#listener.message(data)
    return result instanceof Promise
      ? result.then(fault => this.#pushed(data, fault))
      : this.#pushed(data, result)
  }

  status(): Status {
    const { settings, lifecycle } = this
    return {
      id: settings.gatewayId,
      state: lifecycle.state,
      mode: settings.startupMode,
      port: this.#public.port ?? settings.port,
      uptimeMs: this.#public.uptimeMs,
      connections: this.connections.size,
      listener: this.#listener.status,
      counters: {
        ...this.#counters,
        delivered: this.#delivery.delivered,
        unknownRecipients: this.#delivery.unknownRecipients,
      },
      version: this.#version,
    }
  }

  health(): Health {
    const { state, failure } = this.lifecycle
    return health(state, failure, this.#listener)
  }

  /** Counts and logs what went wrong outside any hook's call: a listener's timer, a forgotten promise. */
  listenerError(error: unknown, what: string): void {
    this.#counters.listenerErrors++
    this.#log.error({ event: 'listener.error', err: error }, what)
  }

  /** Whether an error came out of the listener's own files. */
  isListenerError(error: unknown): boolean {
    return error instanceof Error && this.#listener.owns(error.stack ?? '')
  }

  #refusal(): Problem | undefined {
    const { state } = this.lifecycle
    if (state !== 'running') return new Problem(409, `the gateway is ${state}`, { state })
    if (this.#listener.ready) return undefined
    const { error } = this.#listener.status
    return new Problem(503, `no listener is in use, so nobody gets in: ${error ?? 'it has not been loaded'}`)
  }

  #opened(socket: ServerSocket, raw: Duplex, httpRequest: IncomingMessage): void {
    const request = connectionRequest(httpRequest, socket.protocol)
    // A public server gives TCP sockets.
    const connection = new ClientConnection(this.#nextId(), request, socket, raw as RawSocket, this.#owner)
    this.#counters.opened++
    this.connections.add(connection)
    this.#log.info(
      { event: 'client.open', conn: connection.id, ip: request.ip, path: request.path },
      'client connected',
    )
    socket.on('message', (bytes: Buffer, isBinary: boolean) => this.#received(connection, bytes, isBinary))
    socket.on('error', error => {
      connection.frameError = error
    })
    socket.on('close', (code: number, reason: Buffer) => this.#closed(connection, code, reason.toString()))
    connection.events.run(() => this.#settle(this.#listener.open({ conn: connection, message: '' })))
  }

  #received(connection: ClientConnection, bytes: Buffer, isBinary: boolean): void {
    if (!connection.isOpen) return
    connection.received++
    this.#counters.received++
    const original = isBinary ? undefined : { text: bytes.toString(), utf8: bytes }
    connection.events.run(() => {
      const data: ListenerData = { conn: connection, message: original?.text ?? bytes }
      const result = this.#listener.message(data)
      if (result instanceof Promise) return result.then(fault => this.#pass(data, fault, original))
      this.#pass(data, result, original)
    }, bytes.length)
  }

  #closed(connection: ClientConnection, peerCode: number, peerReason: string): void {
    connection.beginClosing()
    this.#closing.remove(connection)
    this.#counters.closed++
    const err = connection.frameError
    const ours = connection.closedWith
    const code = ours?.code ?? (err === undefined ? peerCode : codeOfFrameError(err))
    const reason = ours?.reason ?? peerReason
    this.#log.info(
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
    connection.events.run(() => {
      const result = this.#settle(this.#listener.close({ conn: connection, message: '', code, reason }))
      if (result !== undefined) return result.then(() => this.connections.remove(connection))
      this.connections.remove(connection)
    })
  }

  /** Sends what `onMessage` made of a client's message. */
  #pass(data: ListenerData, fault: ListenerFault | undefined, original: Original | undefined): void {
    if (fault !== undefined) {
      this.#counters.listenerErrors++
      return
    }
    try {
      const { count } = this.#deliver(data, Infinity, original)
      if (this.#log.isLevelEnabled('debug')) this.#logMessage('message', data, count)
    } catch (error) {
      this.#counters.listenerErrors++
      this.#listener.reject(error, data)
    }
  }

  #pushed(data: ListenerData, fault: ListenerFault | undefined): Delivered<ClientConnection> {
    if (fault !== undefined) {
      this.#counters.listenerErrors++
      throw new Problem(fault.kind === 'timeout' ? 504 : 500, fault.message, {}, fault.cause)
    }
    try {
      const delivered = this.#deliver(data, this.settings.maxPayloadBytes)
      if (this.#log.isLevelEnabled('debug')) this.#logMessage('push', data, delivered.count)
      return delivered
    } catch (error) {
      if (error instanceof PayloadTooLarge) throw new Problem(413, error.message)
      this.#counters.listenerErrors++
      throw new Problem(500, this.#listener.reject(error, data).message, {}, error)
    }
  }

  #deliver(data: ListenerData, limit: number, original?: Original): Delivered<ClientConnection> {
    const to = { only: data.connections ?? undefined, except: data.except ?? undefined }
    return this.#delivery.send(data.message, to, limit, original)
  }

  #logMessage(event: 'message' | 'push', data: ListenerData, recipients: number): void {
    const message = Buffer.isBuffer(data.message) ? { bytes: data.message.length } : { text: data.message }
    this.#log.debug({ event, conn: data.conn?.id, recipients, ...message }, 'sent')
  }

  /** A hook whose outcome changes nothing but a count. */
  #settle(result: HookResult): Promise<void> | undefined {
    const count = (fault: ListenerFault | undefined): void => {
      if (fault !== undefined) this.#counters.listenerErrors++
    }
    if (result instanceof Promise) return result.then(count)
    count(result)
    return undefined
  }

  /** The gateway as the hooks of one version of the listener see it. */
  #api(signal: AbortSignal): GatewayApi {
    const gateway = this
    const log = this.#log.child({ event: 'listener.log' })
    const connections = this.connections.view()
    return {
      id: this.settings.gatewayId,
      connections,
      get state() {
        return gateway.#state
      },
      log,
      signal,
      async push(data: PushData): Promise<Pushed> {
        const { count } = await gateway.push(data)
        gateway.#log.info({ event: 'push', recipients: count }, 'pushed by the listener')
        return { recipients: count }
      },
    }
  }
}
