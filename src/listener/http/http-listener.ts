/** The listener as an application: each hook is an HTTP request, and the answer does what a function would do. */
import type { ApplicationAddress } from '../../config/listener-place.ts'
import {
  type HookResult,
  ListenerFault,
  ListenerLoadError,
  type ListenerPort,
  type ListenerSide,
  type ListenerStatus,
  type Outcome,
  type PresenceEvent,
  type Refusal,
} from '../listener.ts'
import type { ListenerLog } from '../log.ts'
import type { CloseData, GroupData, HandshakeData, ListenerData, OpenData } from '../types.ts'
import { readAnswer, refusalReason } from './answer.ts'
import { Application, pushConcurrency } from './application.ts'
import type { Question } from './asking.ts'
import { applyAnswer, applyToHandshake } from './effect.ts'
import { Exchange, type Reply } from './exchange.ts'
import { LineFull, NotWanted, Stopped, Unreachable } from './faults.ts'
import { FirstHandshake } from './first-handshake.ts'
import { aboutClose, aboutHandshake, aboutMessage, aboutOpen, aboutPresence, aboutPush } from './questions.ts'
import { shownError, toFault } from './report.ts'
import { pushFault } from './request-body.ts'
import type { ListenerEvent } from './schema.ts'

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

/** What decides nothing but what is sent. */
type ToldEvent = Exclude<ListenerEvent, 'handshake'>

/** Making a connection may take no longer than this, also where an event may. */
const CONNECT_MS = 10_000

/** How the events of presence are called here, where names are no code. */
const PRESENCE = { groupJoin: 'group-join', groupLeave: 'group-leave' } as const

/** What a client is told that comes while the application fails. */
const UNAVAILABLE: Refusal = { status: 503, reason: 'the application is not available at the moment' }

export class HttpListener implements ListenerPort {
  readonly #options: HttpListenerOptions
  readonly #side: ListenerSide
  readonly #events: ReadonlySet<ListenerEvent>
  /** The gateway's id. */
  readonly #gateway: string
  readonly #firstHandshake: FirstHandshake
  #application: Application | undefined
  #loadedAt: Date | null = null
  #generation = 0

  constructor(options: HttpListenerOptions, side: ListenerSide) {
    this.#options = options
    this.#side = side
    this.#events = new Set(options.events)
    this.#gateway = side.createGateway(new AbortController().signal).id
    this.#firstHandshake = new FirstHandshake(options.place, options.log)
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
      connections: concurrency + pushConcurrency(concurrency),
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
    await application?.stop()
  }

  async reload(): Promise<void> {
    const application = this.#application
    if (application === undefined) throw new ListenerLoadError('the gateway is stopped')
    try {
      await application.look()
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      throw new ListenerLoadError(`the application cannot be reached: ${error.message}`, { cause: error })
    }
    if (application !== this.#application) throw new ListenerLoadError('the gateway has stopped')
    this.#used()
  }

  async handshake(data: HandshakeData, gone: AbortSignal): Promise<Refusal | undefined> {
    try {
      const reply = await this.#ask(aboutHandshake(this.#gateway, data, gone))
      this.#firstHandshake.answered(reply)
      if (reply.status >= 400 && reply.status < 500) {
        const reason = refusalReason(reply) ?? `the application has refused this client (${reply.status})`
        return { status: reply.status, reason }
      }
      applyToHandshake(readAnswer('handshake', reply), data)
      return undefined
    } catch (error) {
      return this.#unavailable(error, data)
    }
  }

  open(data: OpenData): HookResult {
    return this.#tell('open', data, id => aboutOpen(id, data.conn))
  }

  close(data: CloseData): HookResult {
    return this.#tell('close', data, id => aboutClose(id, data))
  }

  message(data: ListenerData): HookResult {
    const { conn, message } = data
    if (conn !== undefined) return this.#tell('message', data, id => aboutMessage(id, conn, message))
    const unfit = this.#events.has('push') ? pushFault(data) : undefined
    if (unfit !== undefined) return new ListenerFault('unfit', unfit)
    return this.#tell('push', data, id => aboutPush(id, data))
  }

  presence(hook: PresenceEvent, data: GroupData): HookResult {
    const event = PRESENCE[hook]
    return this.#tell(event, data, id => aboutPresence(event, id, data))
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
    this.#firstHandshake.again()
    log.info(
      { event: 'listener.load', path: place, generation: this.#generation, events },
      'the application is the listener',
    )
    this.#side.inUse()
  }

  /** Tells of an event, unless the application does not want to know. */
  #tell(event: ToldEvent, data: ListenerData, question: (gateway: string) => Question): HookResult {
    return this.#events.has(event) ? this.#told(event, data, question(this.#gateway)) : undefined
  }

  async #told(event: ToldEvent, data: ListenerData, question: Question): Promise<Outcome> {
    try {
      const answer = readAnswer(event, await this.#ask(question))
      if (answer !== undefined) applyAnswer(answer, data, this.#side)
      return undefined
    } catch (error) {
      return this.#fault(event, error, data)
    }
  }

  #ask(question: Question): Promise<Reply> {
    const application = this.#application
    if (application === undefined) throw new Stopped('the gateway is stopped')
    return application.ask(question)
  }

  /** A flood of clients has the lines of its refusals, and no others. */
  #unavailable(error: unknown, data: HandshakeData): Refusal {
    if (error instanceof NotWanted || error instanceof Stopped) return UNAVAILABLE
    if (error instanceof LineFull) return { ...UNAVAILABLE, reason: error.message }
    this.#fault('handshake', error, data)
    return { ...UNAVAILABLE, isFault: true }
  }

  /** Logs what has gone wrong with an event, and says how. What a stop has cut off is logged all at once. */
  #fault(event: ListenerEvent, error: unknown, data: ListenerData): ListenerFault {
    const fault = toFault(event, error)
    if (error instanceof Stopped) return fault
    const conn = data.conn?.id ?? (event === 'handshake' ? data.id : undefined)
    const fields = { event: 'listener.error', hook: event, ...(conn !== undefined && { conn }) }
    this.#options.log.error({ ...fields, err: shownError(error) }, fault.message)
    return fault
  }
}
