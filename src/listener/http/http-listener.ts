/** The listener as an application: each hook is an HTTP request, and the answer does what a function would do. */
import type { ApplicationAddress } from '../../config/listener-place.ts'
import {
  type HandshakeResult,
  type HookResult,
  ListenerFault,
  ListenerLoadError,
  type ListenerPort,
  type ListenerSide,
  type ListenerStatus,
  type Outcome,
  type Refusal,
} from '../listener.ts'
import type { ListenerLog } from '../log.ts'
import { messageOf } from '../thrown.ts'
import type { CloseData, Gateway, HandshakeData, ListenerData, OpenData } from '../types.ts'
import { AnswerFault, readAnswer, refusalReason } from './answer.ts'
import { Application, Away, Late, Stopped } from './application.ts'
import { applyAnswer, applyToHandshake } from './effect.ts'
import { Exchange, type Reply, ReplyFault } from './exchange.ts'
import { closeBody, handshakeBody, messageBody, openBody, pushBody } from './request-body.ts'
import type { ListenerEvent } from './schema.ts'
import { LineFull, type Wish } from './turns.ts'

export interface HttpListenerOptions {
  /** `WS_LISTENER`, as it was given. */
  readonly place: string
  readonly address: ApplicationAddress
  readonly events: readonly ListenerEvent[]
  /** What requests are signed with; empty for no signature. */
  readonly keys: readonly Uint8Array[]
  readonly concurrency: number
  readonly timeoutMs: number
  /** The largest body of an answer. */
  readonly maxAnswerBytes: number
  readonly userAgent: string
  readonly log: ListenerLog
}

/** Making a connection may take no longer than this, also where an event may. */
const CONNECT_MS = 10_000

/** What a client is told that comes while the application fails. */
const UNAVAILABLE: Refusal = { status: 503, reason: 'the application is not available at the moment' }

export class HttpListener implements ListenerPort {
  readonly #options: HttpListenerOptions
  readonly #side: ListenerSide
  readonly #events: ReadonlySet<ListenerEvent>
  readonly #gateway: Gateway
  #application: Application | undefined
  #loadedAt: Date | null = null
  #generation = 0

  constructor(options: HttpListenerOptions, side: ListenerSide) {
    this.#options = options
    this.#side = side
    this.#events = new Set(options.events)
    this.#gateway = side.createGateway(new AbortController().signal)
  }

  get ready(): boolean {
    return this.#application !== undefined
  }

  get isDefault(): boolean {
    return false
  }

  get vets(): boolean {
    return this.#events.has('handshake')
  }

  get status(): ListenerStatus {
    const application = this.#application
    return {
      path: this.#options.place,
      loadedAt: this.#loadedAt,
      generation: this.#generation,
      error: application?.fault ?? null,
      ...(application && {
        requests: {
          underWay: application.underWay,
          waiting: application.waiting,
          retried: application.retried,
        },
      }),
    }
  }

  async start(): Promise<void> {
    if (this.#application !== undefined) return
    const { place, address, keys, concurrency, timeoutMs, maxAnswerBytes, userAgent, log } = this.#options
    const exchange = new Exchange({
      address,
      connections: concurrency,
      connectTimeoutMs: Math.min(timeoutMs, CONNECT_MS),
      maxReplyBytes: maxAnswerBytes,
      userAgent,
    })
    const application = new Application({ place, exchange, keys, concurrency, timeoutMs, log })
    this.#application = application
    this.#used()
    // Nobody waits for it: an application that comes up a little later is as good.
    application.watch()
  }

  async stop(): Promise<void> {
    const application = this.#application
    this.#application = undefined
    this.#loadedAt = null
    const lost = (await application?.stop()) ?? 0
    if (lost === 0) return
    const { place, log } = this.#options
    log.warn(
      { event: 'listener.error', path: place, lost },
      `${lost} events were under way or waiting for the application when the gateway stopped`,
    )
  }

  async reload(): Promise<void> {
    if (this.#application === undefined) throw new ListenerLoadError('the gateway is stopped')
    try {
      await this.#application.look()
    } catch (error) {
      throw new ListenerLoadError(`the application cannot be reached: ${messageOf(error)}`, { cause: error })
    }
    this.#used()
  }

  async handshake(data: HandshakeData): Promise<Awaited<HandshakeResult>> {
    try {
      const reply = await this.#ask(() => handshakeBody(this.#gateway.id, data), {
        bytes: 0,
        patient: false,
        mayBeRefused: true,
      })
      if (reply.status >= 400 && reply.status < 500) {
        const reason = refusalReason(reply) ?? 'the application has refused this client'
        return { status: reply.status, reason }
      }
      applyToHandshake(readAnswer('handshake', reply), data)
      return undefined
    } catch (error) {
      this.#fault('handshake', error, data)
      return UNAVAILABLE
    }
  }

  open(data: OpenData): HookResult {
    return this.#tell('open', data, id => openBody(id, data.conn))
  }

  close(data: CloseData): HookResult {
    return this.#tell('close', data, id => closeBody(id, data), MAY_BE_REFUSED)
  }

  message(data: ListenerData): HookResult {
    const { conn, message } = data
    if (conn !== undefined) return this.#tell('message', data, id => messageBody(id, conn, message))
    const bytes = typeof message === 'string' || Buffer.isBuffer(message) ? message.length : PUSHED_BYTES
    return this.#tell('push', data, id => pushBody(id, data), { ...MAY_BE_REFUSED, bytes })
  }

  reject(error: unknown, data: ListenerData, hook: 'message' | 'handshake' = 'message'): ListenerFault {
    return this.#fault(hook === 'message' && data.conn === undefined ? 'push' : hook, error, data)
  }

  owns(): boolean {
    return false
  }

  #used(): void {
    const { place, events, log } = this.#options
    this.#loadedAt = new Date()
    this.#generation++
    log.info(
      { event: 'listener.load', path: place, generation: this.#generation, events },
      'the application is the listener',
    )
    this.#side.inUse()
  }

  /** Tells of an event, unless the application does not want to know. */
  #tell(
    event: Exclude<ListenerEvent, 'handshake'>,
    data: ListenerData,
    body: (gateway: string) => object,
    wish: Wish = PATIENT,
  ): HookResult {
    return this.#events.has(event) ? this.#told(event, data, body, wish) : undefined
  }

  async #told(
    event: Exclude<ListenerEvent, 'handshake'>,
    data: ListenerData,
    body: (gateway: string) => object,
    wish: Wish,
  ): Promise<Outcome> {
    try {
      const answer = readAnswer(event, await this.#ask(() => body(this.#gateway.id), wish))
      if (answer !== undefined) applyAnswer(answer, data, this.#side, this.#gateway.connections)
      return undefined
    } catch (error) {
      return this.#fault(event, error, data)
    }
  }

  #ask(body: () => object, wish: Wish): Promise<Reply> {
    const application = this.#application
    if (application === undefined) throw new Stopped('the gateway is stopped')
    return application.ask(() => JSON.stringify(body()), wish)
  }

  /** Logs what has gone wrong with an event, and says how. What a stop has cut off is logged all at once. */
  #fault(event: ListenerEvent, error: unknown, data: ListenerData): ListenerFault {
    const message = `"${event}" failed: ${isForeign(error) ? error.message : messageOf(error)}`
    const fault =
      error instanceof ListenerFault ? error : new ListenerFault(kindOfFault(error), message, error)
    if (error instanceof Stopped) return fault
    const conn = data.conn?.id ?? (event === 'handshake' ? data.id : undefined)
    const fields = { event: 'listener.error', hook: event, ...(conn !== undefined && { conn }) }
    this.#options.log.error({ ...fields, err: shownError(error) }, fault.message)
    return fault
  }
}

/** A message, or an open: behind it a socket waits that is not read meanwhile. */
const PATIENT: Wish = { bytes: 0, patient: true, mayBeRefused: false }
const MAY_BE_REFUSED: Wish = { bytes: 0, patient: true, mayBeRefused: true }

/** What a push holds in memory whose message is no text: not measured, since its JSON text is not at hand. */
const PUSHED_BYTES = 4096

function kindOfFault(error: unknown): 'threw' | 'timeout' | 'away' {
  if (error instanceof Late) return 'timeout'
  return error instanceof Away || error instanceof Stopped || error instanceof LineFull ? 'away' : 'threw'
}

/** What the application has done has no stack here: the gateway's own frames would say nothing of it. */
const FOREIGN = [AnswerFault, ReplyFault, Away, Late, LineFull, Stopped, ListenerFault]

function isForeign(error: unknown): error is Error {
  return FOREIGN.some(kind => error instanceof kind)
}

function shownError(error: unknown): unknown {
  return isForeign(error) ? { type: error.name, message: error.message } : error
}
