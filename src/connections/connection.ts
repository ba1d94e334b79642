/** One client: its socket, what is queued for it, and what the listener knows of it. */
import { inspect } from 'node:util'
import type { Admitted } from '../admission/admission.ts'
import type { Receiver } from '../delivery/compression.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Batch } from '../delivery/outbox.ts'
import { kindOf } from '../kind-of.ts'
import type { Claims, Connection, State } from '../listener/types.ts'
import type { Tap, Traces } from '../tracing/traces.ts'
import type { Belonging } from './belonging.ts'
import { CLOSE, closeFault } from './close-codes.ts'
import { groupNameFault } from './group-name.ts'
import { readInfo } from './info.ts'
import { Rate, type RateLimit } from './rate.ts'
import { type RawSocket, unsentBytes } from './raw-socket.ts'
import type { ClientRequest } from './request.ts'
import { Sequence } from './sequence.ts'
import type { ServerSocket } from './socket.ts'
import type { Kept, Vitals } from './upkeep.ts'

/** Each write that waits costs memory beside its bytes: tiny ones count as if they had this many. */
const WRITE_COST = 64
/** So many may wait in any case. */
const LEAST_WRITES = 1024

/** How much one connection may do. */
export interface ConnectionLimits {
  /** What may wait unread; 0 is any amount. */
  readonly maxBufferedBytes: number
  /** What happens past that. */
  readonly slowConsumer: 'close' | 'drop'
  /** So many events that wait for the listener pause the socket. */
  readonly maxPendingEvents: number
  readonly rate: RateLimit | undefined
}

/** What a connection needs of the gateway that it belongs to. */
export interface ConnectionOwner {
  readonly delivery: Pick<Delivery<ClientConnection>, 'sendTo' | 'flushOne'>
  readonly limits: ConnectionLimits
  readonly belonging: Belonging
  readonly traces: Pick<Traces, 'identified'>
  /** The connection has begun to close: it receives nothing more. */
  closing(connection: ClientConnection): void
  /** A client reads too slowly: it is closed, or a frame for it is dropped. */
  slow(what: 'close' | 'drop'): void
  /** @throws Problem when the token does not count for this connection */
  renewToken(connection: ClientConnection, token: string): Promise<void>
}

export class ClientConnection implements Connection, Receiver, Kept {
  readonly id: string
  readonly request: ClientRequest
  state: State
  /** What others may see of its user, as JSON text. */
  infoText: string | undefined
  claims: Claims | undefined
  /** When its token expires, in milliseconds since 1970. */
  expiresAt: number
  /** Whether it came in by the default behaviour of an empty folder, asked by no listener. */
  readonly byDefault: boolean
  /** Its place in the order in which connections opened: a handshake may overtake another one. */
  place = 0
  /** Its events, one at a time and in order. */
  readonly events: Sequence
  /** Messages that came from the client, and that were sent to it. */
  received = 0
  sent = 0
  batch: Batch | null = null
  turn = 0
  readonly deflateBits: number
  /** Told what it sends and gets, while somebody traces it. */
  tap: Tap | undefined
  vitals: Vitals | undefined
  /** The code and reason that the gateway closes with, once it does. */
  closedWith: { readonly code: number; readonly reason: string } | undefined
  /** What was wrong with the frame that ended it. */
  frameError: Error | undefined

  readonly #owner: ConnectionOwner
  readonly #socket: ServerSocket
  readonly #raw: RawSocket
  readonly #openedAt = Date.now()
  readonly #rate: Rate | undefined
  #user: string | undefined
  /** Made when it joins its first one. */
  #groups: Set<string> | undefined
  #open = true
  #written = 0
  /** What waits is being handed on, before it is no longer open. */
  #isClosing = false
  #pongWaits = false
  #nextPong: Buffer | undefined

  constructor(admitted: Admitted, socket: ServerSocket, raw: RawSocket, owner: ConnectionOwner) {
    const { id, request, state, user, infoText, verified, byDefault } = admitted
    this.id = id
    this.request = request
    this.state = state
    this.#user = user
    this.infoText = infoText
    this.claims = verified?.claims
    this.expiresAt = verified?.expiresAt ?? Infinity
    this.byDefault = byDefault
    this.deflateBits = socket.deflateBits
    this.#socket = socket
    this.#raw = raw
    this.#owner = owner
    this.events = new Sequence(socket, owner.limits.maxPendingEvents)
    const { rate } = owner.limits
    this.#rate = rate && new Rate(rate, performance.now())
    socket.onClosing = () => this.beginClosing()
  }

  get isOpen(): boolean {
    return this.#open
  }

  get openedAt(): Date {
    return new Date(this.#openedAt)
  }

  get user(): string | undefined {
    return this.#user
  }

  set user(user: unknown) {
    if (user !== undefined && user !== null && (typeof user !== 'string' || user === '')) {
      throw new TypeError(`conn.user takes a text, got ${user === '' ? 'an empty one' : kindOf(user)}`)
    }
    const before = this.#user
    if (before === (user ?? undefined)) return
    this.#user = user ?? undefined
    if (!this.#open) return
    this.#owner.belonging.identified(this, before)
    this.#owner.traces.identified(this)
  }

  get info(): unknown {
    return this.infoText === undefined ? undefined : JSON.parse(this.infoText)
  }

  set info(info: unknown) {
    this.infoText = readInfo(info)
    if (this.#open) this.#owner.belonging.described(this)
  }

  /** The names of its groups; once it has closed, of those that it was in. */
  get groupNames(): Iterable<string> {
    return this.#groups ?? []
  }

  get groups(): string[] {
    return [...this.groupNames]
  }

  join(group: string): void {
    const fault = groupNameFault(group)
    if (fault !== undefined) throw new TypeError(`join takes ${fault}`)
    if (!this.#open || this.#groups?.has(group)) return
    this.#groups ??= new Set()
    this.#groups.add(group)
    this.#owner.belonging.joined(this, group)
  }

  leave(group: string): void {
    const fault = groupNameFault(group)
    if (fault !== undefined) throw new TypeError(`leave takes ${fault}`)
    if (this.#open && this.#groups?.delete(group)) this.#owner.belonging.left(this, group)
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return unsentBytes(this.#raw)
  }

  /** Bytes of messages that the kernel has taken since the connection opened. */
  get takenBytes(): number {
    return this.#written - this.bufferedBytes
  }

  get bytesRead(): number {
    return this.#raw.bytesRead
  }

  get isPaused(): boolean {
    return this.events.isPaused
  }

  ping(): void {
    this.#socket.ping()
  }

  /**
   * Answers the client's ping. While an answer waits for the client to read, only the last of further pings is kept
   * (RFC 6455 §5.5.3): a client that pings and does not read cannot fill the memory with answers.
   */
  pong(data: Buffer): void {
    if (this.#pongWaits) {
      this.#nextPong = data
      return
    }
    if (this.#raw.writableLength === 0) {
      this.#socket.pong(data)
      return
    }
    this.#pongWaits = true
    this.#socket.pong(data, false, () => {
      this.#pongWaits = false
      const next = this.#nextPong
      this.#nextPong = undefined
      if (next !== undefined && this.#open) this.pong(next)
    })
  }

  /** Counts a message or ping of the client. @returns false when it was one too many, and the connection closes */
  mayReceive(): boolean {
    if (this.#rate === undefined || this.#rate.take(performance.now())) return true
    this.close(CLOSE.policyViolation, 'too many messages')
    return false
  }

  renewToken(token: string): Promise<void> {
    return this.#owner.renewToken(this, token)
  }

  send(message: unknown): void {
    if (!this.#open) return
    this.#owner.delivery.sendTo(this, message)
  }

  close(code: number = CLOSE.normal, reason = ''): void {
    const fault = closeFault(code, reason)
    if (fault !== undefined) throw new RangeError(fault)
    if (!this.#open) return
    this.closedWith = { code, reason }
    this.#socket.close(code, reason)
    // Its answer must be read, also when the client has sent more than is worked off.
    this.#socket.resume()
  }

  /** Ends the connection without a closing handshake; the reason is for the log. */
  terminate(reason?: string): void {
    if (reason !== undefined) this.closedWith ??= { code: CLOSE.abnormal, reason }
    this.beginClosing()
    this.#socket.terminate()
  }

  /** Nothing is sent from here on but what was queued before, and a close frame. */
  beginClosing(): void {
    if (!this.#open || this.#isClosing) return
    this.#isClosing = true
    this.#owner.delivery.flushOne(this)
    this.#open = false
    this.#owner.closing(this)
  }

  refuses(): boolean {
    if (!this.#open) return true
    // What waited in the line for compression goes out before the close frame, and is no reason for another one.
    if (this.#isClosing) return false
    const { maxBufferedBytes, slowConsumer } = this.#owner.limits
    if (maxBufferedBytes === 0 || this.#raw.writableLength === 0) return false
    const writes = this.#raw._writableState?.bufferedRequestCount ?? 0
    if (
      this.bufferedBytes <= maxBufferedBytes &&
      writes <= Math.max(LEAST_WRITES, maxBufferedBytes / WRITE_COST)
    ) {
      return false
    }
    this.#owner.slow(slowConsumer)
    if (slowConsumer === 'close') this.close(CLOSE.tryAgainLater, 'reads too slowly')
    return true
  }

  write(bytes: Buffer): void {
    if (!this.#raw.writable) return
    this.#written += bytes.length
    this.tap?.wrote(bytes)
    this.#raw.write(bytes)
  }

  /** What a listener that logs or sends the connection itself gets to see. */
  toJSON(): Record<string, unknown> {
    const { id, user, info, groups, openedAt, received, sent } = this
    const { ip, path } = this.request
    const who = { ...(user !== undefined && { user }), ...(info !== undefined && { info }) }
    return { id, ip, path, ...who, ...(groups.length > 0 && { groups }), openedAt, received, sent }
  }

  [inspect.custom](): Record<string, unknown> {
    return { ...this.toJSON(), isOpen: this.isOpen, state: this.state }
  }
}
