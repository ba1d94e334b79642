/** What `onMessage` has made of a message or a push goes to its recipients, here and at other nodes. */
import type { ClientConnection } from './connections/connection.ts'
import { type Delivered, type Delivery, type Original, PayloadTooLarge } from './delivery/delivery.ts'
import type { Recipients } from './delivery/recipients.ts'
import type { FaultKind, ListenerFault, ListenerPort } from './listener/listener.ts'
import type { ListenerData } from './listener/types.ts'
import type { Logger } from './log.ts'
import { Problem } from './problem.ts'
import { likelySlip, pushData } from './push.ts'

/** The other nodes, as messages see them. */
export interface OtherNodes {
  /**
   * Sends a frame to its recipients at all other nodes.
   * @param key of the push that it is, so that each node knows that it has happened
   * @returns how many nodes it goes to, this one included
   */
  publish(frame: Buffer, to: Recipients, key?: string): number
  /** Whether what is published is kept until Redis is back. */
  readonly isKeeping: boolean
  /** Undefined when there is room for more; else resolves when there is. */
  room(): Promise<void> | undefined
}

export interface MessagesOptions {
  readonly log: Logger
  readonly listener: ListenerPort
  readonly delivery: Delivery<ClientConnection>
  /** Undefined when this node is the only one. */
  readonly others: OtherNodes | undefined
  /** The largest message that is pushed, in bytes. */
  readonly maxPushBytes: number
}

/** How a push ended. */
export interface PushDelivered extends Delivered<ClientConnection> {
  /** In a cluster: how many nodes it went to, this one included. */
  readonly nodes?: number
  /** Whether the other nodes get it when Redis is back. */
  readonly kept?: true
}

/** For a message that is not sent. */
const NOBODY: PushDelivered = { count: 0, recipients: [], isLocal: true }

/** What becomes of a push that has been through its hook; the frame is null when nothing is to be sent. */
type Use<T> = (frame: Buffer | null, to: Recipients, data: ListenerData) => T

/** What a push is answered with that its hook has failed on. */
const FAULT_STATUS: Readonly<Record<FaultKind, number>> = { threw: 500, timeout: 504, away: 503, unfit: 400 }

export class Messages {
  readonly counters = { pushes: 0, listenerErrors: 0 }
  readonly #options: MessagesOptions
  /** What has been warned of. */
  readonly #slips = new Set<string>()

  constructor(options: MessagesOptions) {
    this.#options = options
  }

  /**
   * Pushes a message: through `onMessage`, then to its recipients.
   * @param pushed an object with a `message`; it becomes the hook's `data` itself
   * @param key what the pusher calls this push, when a second one of that name is to be none
   * @returns at once when the hook is synchronous, so that a stream of pushes costs no turn for each
   * @throws Problem 400, 413, 500, 503 or 504, at once or as a rejection
   */
  push(pushed: unknown, key?: string): PushDelivered | Promise<PushDelivered> {
    return this.#push(pushed, (frame, to, data) => {
      if (frame === null) return this.#options.others === undefined ? NOBODY : { ...NOBODY, nodes: 0 }
      const delivered = this.#send(frame, to, key)
      this.#logMessage('push', data, delivered.count)
      return delivered
    })
  }

  /**
   * Runs a push through `onMessage`, and sends nothing.
   * @returns the frame, null when nothing is to be sent, and the recipients
   * @throws Problem as `push`
   */
  prepare(pushed: unknown): Prepared | Promise<Prepared> {
    return this.#push(pushed, (frame, to) => {
      this.#options.delivery.check(to)
      return { frame, to }
    })
  }

  /**
   * Sends what `onMessage` made of a client's message.
   * @returns a promise when the other nodes' share waits for room: the connection is to wait, too
   */
  pass(
    data: ListenerData,
    fault: ListenerFault | undefined,
    original: Original | undefined,
  ): Promise<void> | undefined {
    if (fault !== undefined) {
      this.counters.listenerErrors++
      return undefined
    }
    const { delivery, listener, others } = this.#options
    try {
      const frame = delivery.encode(data.message, Infinity, original)
      if (frame === null) return undefined
      const { count } = this.#send(frame, recipientsOf(data))
      this.#logMessage('message', data, count)
    } catch (error) {
      this.counters.listenerErrors++
      listener.reject(error, data)
    }
    return others?.room()
  }

  /** Sends a message to these connections of any node, past all hooks. */
  sendTo(ids: readonly string[], message: unknown): void {
    const frame = this.#options.delivery.encode(message, Infinity)
    if (frame !== null) this.#send(frame, { connections: ids })
  }

  #push<T>(pushed: unknown, use: Use<T>): T | Promise<T> {
    const data = pushData(pushed)
    this.counters.pushes++
    const result = this.#options.listener.message(data)
    return result instanceof Promise
      ? result.then(fault => this.#pushed(data, fault, use))
      : this.#pushed(data, result, use)
  }

  #pushed<T>(data: ListenerData, fault: ListenerFault | undefined, use: Use<T>): T {
    const { listener, delivery, maxPushBytes } = this.#options
    if (fault !== undefined) {
      // What a push cannot be told by is the pusher's fault.
      if (fault.kind !== 'unfit') this.counters.listenerErrors++
      throw new Problem(FAULT_STATUS[fault.kind], fault.message, {}, fault.cause)
    }
    this.#warnOfSlip(data)
    try {
      return use(delivery.encode(data.message, maxPushBytes), recipientsOf(data), data)
    } catch (error) {
      if (error instanceof PayloadTooLarge) throw new Problem(413, error.message)
      this.counters.listenerErrors++
      throw new Problem(500, listener.reject(error, data).message, {}, error)
    }
  }

  /** Once for each kind: whoever means it so need not read it again and again. */
  #warnOfSlip(data: ListenerData): void {
    const slip = likelySlip(data)
    if (slip === undefined || this.#slips.has(slip)) return
    this.#slips.add(slip)
    this.#options.log.warn({ event: 'push' }, slip)
  }

  #send(frame: Buffer, to: Recipients, key?: string): PushDelivered {
    const { delivery, others } = this.#options
    const delivered = delivery.send(frame, to)
    if (others === undefined) return delivered
    const { count, recipients, isLocal } = delivered
    // Spread, the object would take a tenth of all the time that a message takes.
    if (isLocal) return { count, recipients, isLocal, nodes: 1 }
    const nodes = others.publish(frame, to, key)
    if (!others.isKeeping) return { count, recipients, isLocal, nodes }
    return { count, recipients, isLocal, nodes, kept: true }
  }

  #logMessage(event: 'message' | 'push', data: ListenerData, recipients: number): void {
    const { log } = this.#options
    if (!log.isLevelEnabled('debug')) return
    const message = Buffer.isBuffer(data.message) ? { bytes: data.message.length } : { text: data.message }
    log.debug({ event, conn: data.conn?.id, recipients, ...message }, 'sent')
  }
}

/** A push that has been through `onMessage`. */
export interface Prepared {
  readonly frame: Buffer | null
  readonly to: Recipients
}

function recipientsOf({ connections, groups, users, except }: ListenerData): Recipients {
  return {
    connections: connections ?? undefined,
    groups,
    users,
    except: except ?? undefined,
  }
}
