/** The frames in what has been written to a client: whole, unmasked, one behind the other (RFC 6455 §5.2). */
import { constants, inflateRawSync } from 'node:zlib'
import { headBytes, isBinaryFrame, isCompressedFrame } from '../delivery/encode.ts'

export interface Frame {
  readonly isBinary: boolean
  /** RFC 7692 §6. */
  readonly isCompressed: boolean
  readonly payload: Buffer
}

/** RFC 7692 §7.2.2: what a compressed message ends with, and is cut off. */
const TAIL = Buffer.from([0, 0, 0xff, 0xff])
/** A compressed message that becomes larger than this is not shown. */
const MOST_INFLATED = 1024 * 1024
/** So much of what is inflated is remembered. */
const MOST_REMEMBERED = 4 * 1024 * 1024

export function* framesIn(bytes: Buffer): Generator<Frame> {
  let at = 0
  while (at + 2 <= bytes.length) {
    const from = at + headBytes(bytes, at)
    if (from > bytes.length) return
    const short = bytes[at + 1] ?? 0
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const frame = bytes.subarray(at, from + length)
    yield {
      isBinary: isBinaryFrame(frame),
      isCompressed: isCompressedFrame(frame),
      payload: bytes.subarray(from, from + length),
    }
    at = from + length
  }
}

/** Inflates a message once, though it may go to many connections, each with several traces: they share its frame. */
export class Inflater {
  /** The memory in which the frames lie whose messages are remembered, by their places there. */
  #source: ArrayBufferLike | undefined
  readonly #messages = new Map<number, Buffer | undefined>()
  #bytes = 0

  /** The message in a frame; undefined when it is compressed and would be too large. */
  messageIn({ isCompressed, payload }: Frame): Buffer | undefined {
    if (!isCompressed) return payload
    if (payload.buffer !== this.#source || this.#bytes > MOST_REMEMBERED) this.forget()
    this.#source = payload.buffer
    if (this.#messages.has(payload.byteOffset)) return this.#messages.get(payload.byteOffset)
    const message = inflate(payload)
    this.#messages.set(payload.byteOffset, message)
    this.#bytes += message?.length ?? 0
    return message
  }

  forget(): void {
    this.#source = undefined
    this.#messages.clear()
    this.#bytes = 0
  }
}

function inflate(payload: Buffer): Buffer | undefined {
  try {
    // No context is taken over from one message to the next, so each can be inflated by itself.
    return inflateRawSync(Buffer.concat([payload, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MOST_INFLATED,
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
