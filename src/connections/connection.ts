/** One client: its socket, what is queued for it, and what the listener knows of it. */
import type { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { toFrame, toPayload } from '../delivery/encode.ts'
import type { Batch, Outbox, Sink } from '../delivery/outbox.ts'
import type { Connection, ConnectionRequest, State } from '../listener/types.ts'
import { CLOSE, closeFault } from './close-codes.ts'
import { Sequence } from './sequence.ts'
import type { ServerSocket } from './socket.ts'

/** Unsent bytes past this count as a client that reads too slowly; it is closed with 1013. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

/** The TCP socket behind a WebSocket; libuv's count is the only one that shows a big write's progress. */
export type RawSocket = Duplex & { readonly _handle?: { readonly writeQueueSize?: number } | null }

/** What a connection needs of the gateway that it belongs to. */
export interface ConnectionOwner {
  readonly outbox: Outbox
  /** The connection has begun to close: it receives nothing more. */
  closing(connection: ClientConnection): void
}

export class ClientConnection implements Connection, Sink {
  readonly id: string
  readonly request: ConnectionRequest
  readonly state: State = {}
  /** Its events, one at a time and in order. */
  readonly events: Sequence
  /** Messages that came from the client, and that were sent to it. */
  received = 0
  sent = 0
  batch: Batch | null = null
  /** The code and reason that the gateway closes with, once it does. */
  closedWith: { readonly code: number; readonly reason: string } | undefined
  /** What was wrong with the frame that ended it. */
  frameError: Error | undefined

  readonly #owner: ConnectionOwner
  readonly #socket: ServerSocket
  readonly #raw: RawSocket
  readonly #openedAt = Date.now()
  #open = true
  #written = 0

  constructor(
    id: string,
    request: ConnectionRequest,
    socket: ServerSocket,
    raw: RawSocket,
    owner: ConnectionOwner,
  ) {
    this.id = id
    this.request = request
    this.#socket = socket
    this.#raw = raw
    this.#owner = owner
    this.events = new Sequence(socket)
    socket.onClosing = () => this.beginClosing()
  }

  get isOpen(): boolean {
    return this.#open
  }

  get openedAt(): Date {
    return new Date(this.#openedAt)
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    const inKernelQueue = this.#raw._handle?.writeQueueSize ?? 0
    return Math.max(inKernelQueue, this.#raw.writableLength)
  }

  /** Bytes of messages that the kernel has taken since the connection opened. */
  get takenBytes(): number {
    return this.#written - this.bufferedBytes
  }

  send(message: unknown): void {
    if (!this.#open) return
    const payload = toPayload(message)
    if (payload !== null) this.#owner.outbox.add(toFrame(payload), [this])
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

  /** Ends the connection without a closing handshake. */
  terminate(): void {
    this.beginClosing()
    this.#socket.terminate()
  }

  /** Nothing is sent from here on but what was queued before, and a close frame. */
  beginClosing(): void {
    if (!this.#open) return
    this.#owner.outbox.flushOne(this)
    this.#open = false
    this.#owner.closing(this)
  }

  refuses(): boolean {
    if (!this.#open) return true
    if (this.#raw.writableLength <= MAX_BUFFERED_BYTES) return false
    this.close(CLOSE.tryAgainLater, 'reads too slowly')
    return true
  }

  write(bytes: Buffer): void {
    if (!this.#raw.writable) return
    this.#written += bytes.length
    this.#raw.write(bytes)
  }

  /** What a listener that logs or sends the connection itself gets to see. */
  toJSON(): Record<string, unknown> {
    const { ip, path } = this.request
    return { id: this.id, ip, path, openedAt: this.openedAt, received: this.received, sent: this.sent }
  }

  [inspect.custom](): Record<string, unknown> {
    return { ...this.toJSON(), isOpen: this.isOpen, state: this.state }
  }
}
