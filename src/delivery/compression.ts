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
/** When so much waits, compression has become the bottleneck: all of it goes out as it is, at once. */
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
  #line: Waiting[] = []
  #jobs: (() => void)[] = []
  #bytes = 0
  #running = 0

  constructor(outbox: Outbox, options: CompressionOptions) {
    this.#outbox = outbox
    this.#options = options
  }

  /**
   * Queues a frame for each of the sinks. Those without compression get it now; they never stand in the line, so
   * their order is kept as well.
   * @returns for how many
   */
  add(plain: Buffer, receivers: Iterable<Receiver>): number {
    const payload = payloadOf(plain)
    const isWorthIt = payload.length >= this.#options.thresholdBytes
    if (!isWorthIt && this.#line.length === 0) return this.#outbox.add(plain, receivers)
    if (this.#line.length >= MOST_WAITING.messages || this.#bytes >= MOST_WAITING.bytes) {
      this.#giveUp()
      return this.#outbox.add(plain, receivers)
    }
    const { compressing, others, windows } = parted(receivers)
    if (compressing.size === 0) return this.#outbox.add(plain, receivers)
    const waiting: Waiting = {
      plain,
      sinks: compressing,
      frames: new Map(),
      open: isWorthIt ? windows.size : 0,
    }
    this.#line.push(waiting)
    this.#bytes += plain.length
    if (isWorthIt) for (const bits of windows) this.#start(waiting, payload, bits)
    return this.#outbox.add(plain, others) + compressing.size
  }

  /** Hands on all that waits for one connection, which is about to close. */
  flushOne(sink: Receiver): void {
    for (const { plain, sinks } of this.#line) {
      if (sinks.delete(sink)) this.#outbox.add(plain, [sink])
    }
  }

  /** Hands on all that waits, as it is. What is being compressed for it comes too late, and is thrown away. */
  #giveUp(): void {
    const line = this.#line
    this.#line = []
    this.#jobs = []
    this.#bytes = 0
    for (const { plain, sinks } of line) this.#outbox.add(plain, sinks)
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

/** Those who have agreed to a window, their windows, and the others. */
function parted(receivers: Iterable<Receiver>) {
  const compressing = new Set<Receiver>()
  const others: Receiver[] = []
  const windows = new Set<number>()
  for (const receiver of receivers) {
    if (receiver.deflateBits < LEAST_BITS) others.push(receiver)
    else {
      compressing.add(receiver)
      windows.add(receiver.deflateBits)
    }
  }
  return { compressing, others, windows }
}

function byFrame({ plain, sinks, frames }: Waiting): Iterable<readonly [Buffer, Iterable<Receiver>]> {
  if (frames.size === 0) return [[plain, sinks]]
  const groups = new Map<Buffer, Receiver[]>()
  for (const sink of sinks) {
    const frame = frames.get(sink.deflateBits) ?? plain
    const group = groups.get(frame)
    if (group === undefined) groups.set(frame, [sink])
    else group.push(sink)
  }
  return groups
}
