/**
 * permessage-deflate (RFC 7692) for what is sent. A message is compressed once for all its recipients that have agreed
 * on the same window, in the thread pool and few at a time. Messages wait in one line, so everyone gets them in the
 * order in which they were sent; a connection that closes gets what waits for it uncompressed, which is always right.
 */
import { constants, deflateRaw } from 'node:zlib'
import { payloadOf, toCompressedFrame } from './encode.ts'
import type { Outbox, Sink } from './outbox.ts'

/** A connection, as this sees it. */
export interface Receiver extends Sink {
  /** The size of the window that its client has agreed to, in bits; 0 for a client without compression. */
  readonly deflateBits: number
}

export interface CompressionOptions {
  /** Messages that are smaller go out as they are, in bytes. */
  readonly thresholdBytes: number
  /** Compression has failed for a message, which goes out as it is. */
  failed(error: Error): void
}

/** zlib cannot make a window of 8 bits, and would silently make a larger one, which such a client cannot read. */
const LEAST_BITS = 9
/** Compressions at the same time: each holds a quarter of a megabyte, and a thread of the pool. */
const AT_ONCE = 4
/** When so much waits, compression has become the bottleneck: what comes then goes out as it is. */
const MOST_WAITING = { messages: 256, bytes: 8 * 1024 * 1024 }
/** RFC 7692 §7.2.1: these four bytes end each compressed message, and are left out. */
const TAIL_BYTES = 4

interface Waiting {
  readonly plain: Buffer
  readonly sinks: Set<Receiver>
  /** For each size of window, the frame that goes out. */
  readonly frames: Map<number, Buffer>
  /** Compressions that are not done yet. */
  open: number
}

export class Compression {
  readonly #options: CompressionOptions
  readonly #outbox: Outbox
  readonly #line: Waiting[] = []
  readonly #jobs: (() => void)[] = []
  #bytes = 0
  #running = 0

  constructor(outbox: Outbox, options: CompressionOptions) {
    this.#outbox = outbox
    this.#options = options
  }

  /**
   * Queues a frame for each of the sinks.
   * @returns for how many
   */
  add(plain: Buffer, receivers: Iterable<Receiver>): number {
    const payload = payloadOf(plain)
    const mayCompress =
      payload.length >= this.#options.thresholdBytes &&
      this.#line.length < MOST_WAITING.messages &&
      this.#bytes < MOST_WAITING.bytes
    const windows = mayCompress ? windowsOf(receivers) : []
    if (windows.length === 0 && this.#line.length === 0) return this.#outbox.add(plain, receivers)
    const sinks = new Set(receivers)
    const waiting: Waiting = { plain, sinks, frames: new Map(), open: windows.length }
    this.#line.push(waiting)
    this.#bytes += plain.length
    for (const bits of windows) this.#start(waiting, payload, bits)
    return sinks.size
  }

  /** Hands on all that waits for one connection, which is about to close. */
  flushOne(sink: Receiver): void {
    for (const { plain, sinks } of this.#line) {
      if (sinks.delete(sink)) this.#outbox.add(plain, [sink])
    }
  }

  #start(waiting: Waiting, payload: Buffer, bits: number): void {
    this.#jobs.push(() => {
      const options = { windowBits: bits, finishFlush: constants.Z_SYNC_FLUSH }
      deflateRaw(payload, options, (error, deflated) => {
        this.#running--
        if (error) this.#options.failed(error)
        else if (deflated.length - TAIL_BYTES < payload.length) {
          waiting.frames.set(bits, toCompressedFrame(waiting.plain, deflated.subarray(0, -TAIL_BYTES)))
        }
        waiting.open--
        this.#handOn()
        this.#work()
      })
    })
    this.#work()
  }

  #work(): void {
    while (this.#running < AT_ONCE) {
      const job = this.#jobs.shift()
      if (job === undefined) return
      this.#running++
      job()
    }
  }

  /** Hands on what stands at the head of the line and is ready. */
  #handOn(): void {
    for (let head = this.#line[0]; head !== undefined && head.open === 0; head = this.#line[0]) {
      this.#line.shift()
      this.#bytes -= head.plain.length
      for (const [frame, sinks] of byFrame(head)) this.#outbox.add(frame, sinks)
    }
  }
}

function windowsOf(receivers: Iterable<Receiver>): number[] {
  const windows = new Set<number>()
  for (const { deflateBits } of receivers) if (deflateBits >= LEAST_BITS) windows.add(deflateBits)
  return [...windows]
}

function byFrame({ plain, sinks, frames }: Waiting): Map<Buffer, Receiver[]> {
  const groups = new Map<Buffer, Receiver[]>()
  for (const sink of sinks) {
    const frame = frames.get(sink.deflateBits) ?? plain
    const group = groups.get(frame)
    if (group === undefined) groups.set(frame, [sink])
    else group.push(sink)
  }
  return groups
}
