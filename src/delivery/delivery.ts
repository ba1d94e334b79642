/** From a message and its recipients to the sockets: encoded once, queued for each, written once a turn. */
import { Compression, type CompressionOptions, type Receiver } from './compression.ts'
import { payloadBytes, toFrame, toPayload, toTextFrame } from './encode.ts'
import { Outbox } from './outbox.ts'
import { type Directory, type Recipients, resolve } from './recipients.ts'

/** How a delivery ended. */
export interface Delivered<S> {
  /** How many connections it was queued for. */
  readonly count: number
  /** Who they were; for backpressure. */
  readonly recipients: Iterable<S>
  /** Whether all who are meant are here, whatever other nodes there are. */
  readonly isLocal: boolean
}

/** A text that came in as UTF-8, so that it need not be encoded again when it is passed on unchanged. */
export interface Original {
  readonly text: string
  readonly utf8: Uint8Array
}

export class Delivery<S extends Receiver> {
  readonly outbox = new Outbox()
  readonly #directory: Directory<S>
  readonly #compression: Compression | undefined
  /** Recipients that were asked for and were closed or unknown. */
  unknownRecipients = 0
  /** Frames queued, counted once for each recipient. */
  delivered = 0

  /** @param compression undefined sends everything as it is */
  constructor(directory: Directory<S>, compression?: CompressionOptions) {
    this.#directory = directory
    this.#compression = compression && new Compression(this.outbox, compression)
  }

  /** Sends a message to one connection, which is not counted as a delivery to recipients. */
  sendTo(sink: S, message: unknown): void {
    const payload = toPayload(message)
    if (payload !== null) this.#add(toFrame(payload), [sink])
  }

  /** Writes what waits for one connection, such as before its close frame. */
  flushOne(sink: S): void {
    this.#compression?.flushOne(sink)
    this.outbox.flushOne(sink)
  }

  /**
   * Makes the frame of a message.
   * @param message a string goes as text, bytes as binary, any other value as JSON; null and undefined not at all
   * @param limit the largest payload, in bytes
   * @returns null for a message that is not sent
   * @throws TypeError for a message without JSON text; PayloadTooLarge
   */
  encode(message: unknown, limit: number, original?: Original): Buffer | null {
    const payload = toPayload(message)
    if (payload === null) return null
    if (limit !== Infinity && payloadBytes(payload) > limit)
      throw new PayloadTooLarge(payloadBytes(payload), limit)
    return original !== undefined && payload === original.text ? toTextFrame(original.utf8) : toFrame(payload)
  }

  /**
   * Queues a frame for its recipients.
   * @throws TypeError for recipients that cannot be looked up; nothing is queued then
   */
  send(frame: Buffer, to: Recipients): Delivered<S> {
    const { sinks, unknown, isLocal } = resolve(to, this.#directory)
    const count = this.#add(frame, sinks)
    this.unknownRecipients += unknown
    this.delivered += count
    return { count, recipients: sinks, isLocal }
  }

  /** @throws TypeError for recipients that cannot be looked up */
  check(to: Recipients): void {
    resolve(to, this.#directory)
  }

  #add(frame: Buffer, sinks: Iterable<S>): number {
    return this.#compression === undefined
      ? this.outbox.add(frame, sinks)
      : this.#compression.add(frame, sinks)
  }
}

/** A pushed message is larger than `WS_MAX_PAYLOAD_BYTES`. */
export class PayloadTooLarge extends Error {
  override readonly name = 'PayloadTooLarge'

  constructor(bytes: number, limit: number) {
    super(`the message has ${bytes} bytes, and WS_MAX_PAYLOAD_BYTES allows ${limit}`)
  }
}
