/** What one connection, or the connections of one user, send and get, as somebody watches them. */
import type { ClientConnection } from '../connections/connection.ts'
import type { TraceEvent } from './event.ts'
import { framesIn, type Inflater } from './frames.ts'

/** Whom a trace is of. */
export type Traced = { readonly connection: string } | { readonly user: string }

/** What a trace tells. */
export interface TraceListener {
  event(event: TraceEvent): void
  /** The traced connection has closed: nothing more will come. */
  ended(reason: string): void
}

/** Why a trace of a connection ends by itself. */
export const CONNECTION_CLOSED = 'the connection has closed'

/** More messages in a second are counted, and not told. */
const MOST_A_SECOND = 1000
const SECOND_MS = 1000

export class Trace {
  readonly whose: Traced
  readonly #shownBytes: number
  readonly #listener: TraceListener
  readonly #inflater: Inflater
  #told = 0
  #dropped = 0
  #second = 0

  /** @param shownBytes how much of each message is told */
  constructor(whose: Traced, shownBytes: number, listener: TraceListener, inflater: Inflater) {
    this.whose = whose
    this.#shownBytes = shownBytes
    this.#listener = listener
    this.#inflater = inflater
  }

  /** Whether a connection is one of those. */
  isOf(connection: ClientConnection): boolean {
    return 'user' in this.whose
      ? connection.user === this.whose.user
      : connection.id === this.whose.connection
  }

  opened(connection: ClientConnection): void {
    if (this.#mayTell()) this.#listener.event(happened(connection, 'open'))
  }

  received(connection: ClientConnection, bytes: Buffer, isBinary: boolean): void {
    if (this.#mayTell()) this.#listener.event(this.#message(connection, 'in', bytes, isBinary))
  }

  /** @param written frames on their way to the client */
  wrote(connection: ClientConnection, written: Buffer): void {
    for (const frame of framesIn(written)) {
      if (!this.#mayTell()) continue
      const message = this.#inflater.messageIn(frame)
      this.#listener.event(
        message === undefined
          ? { ...happened(connection, 'out'), bytes: frame.payload.length, truncated: true }
          : this.#message(connection, 'out', message, frame.isBinary),
      )
    }
  }

  closed(connection: ClientConnection, code: number, reason: string): void {
    this.#listener.event({ ...happened(connection, 'close'), code, reason })
    if ('connection' in this.whose) this.#listener.ended(CONNECTION_CLOSED)
  }

  /** How many messages have been too many to be told, since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  #mayTell(): boolean {
    const second = Math.floor(performance.now() / SECOND_MS)
    if (second !== this.#second) {
      this.#second = second
      this.#told = 0
    }
    if (this.#told >= MOST_A_SECOND) {
      this.#dropped++
      return false
    }
    this.#told++
    return true
  }

  #message(connection: ClientConnection, what: 'in' | 'out', bytes: Buffer, isBinary: boolean): TraceEvent {
    const shown = bytes.subarray(0, this.#shownBytes)
    return {
      ...happened(connection, what),
      bytes: bytes.length,
      ...(isBinary ? { base64: shown.toString('base64') } : { text: beginning(shown, bytes.length) }),
      ...(shown.length < bytes.length && { truncated: true as const }),
    }
  }
}

/** Text of which the last character may have been cut in two. */
function beginning(shown: Buffer, length: number): string {
  return shown.length === length ? shown.toString() : new TextDecoder().decode(shown, { stream: true })
}

function happened({ id, user }: ClientConnection, what: TraceEvent['what']): TraceEvent {
  return { time: new Date().toISOString(), conn: id, ...(user !== undefined && { user }), what }
}
