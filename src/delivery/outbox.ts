/**
 * One write for each socket and turn. What is sent during a turn of the event loop is collected and written
 * when the turn ends: fan-out is bound by the number of writes (design.md). Sockets that got the same frames
 * share one list of them, which is joined once. After writes that took long, the next ones wait for one more look
 * at what has arrived meanwhile: with many subscribers that doubles what goes into one write, and costs no more
 * than a pass of the loop.
 */

/** The frames that a socket has got in this turn: the newest, and the list before it. */
export class Batch {
  readonly frame: Buffer
  readonly before: Batch | null
  /** The length of all frames, in bytes. */
  readonly bytes: number
  /** The list that has one frame more than this, as the last socket to grow it found it. */
  next: Batch | null = null
  #joined: Buffer | null = null

  constructor(frame: Buffer, before: Batch | null) {
    this.frame = frame
    this.before = before
    this.bytes = frame.length + (before === null ? 0 : before.bytes)
  }

  /** All frames in one buffer, made once for all sockets that share the list. */
  joined(): Buffer {
    if (this.before === null) return this.frame
    if (this.#joined !== null) return this.#joined
    const joined = Buffer.allocUnsafe(this.bytes)
    for (let batch: Batch | null = this; batch !== null; batch = batch.before) {
      joined.set(batch.frame, batch.bytes - batch.frame.length)
    }
    this.#joined = joined
    return joined
  }
}

/** Where frames go to: a connection, as the delivery sees it. */
export interface Sink {
  /** What this turn has collected; owned by the outbox. */
  batch: Batch | null
  /** The turn in which it has last taken a frame; owned by the outbox. */
  turn: number
  /** False when it takes no more frames. */
  readonly isOpen: boolean
  /** How many frames it has got, counted by the outbox. */
  sent: number
  /**
   * True when too much is still unsent for a further frame: the sink deals with that. Asked once a turn, so all that
   * one turn queues is written before it counts.
   */
  refuses(): boolean
  /** Writes to the socket; nothing when it is no longer open. */
  write(bytes: Buffer): void
}

/** A turn that collects more than this for one socket writes at once, so that a loop cannot fill the memory. */
const WRITE_AT_BYTES = 1024 * 1024

/** Writes that took longer than this are worth collecting more for, in milliseconds. */
const LONG_MS = 1

export class Outbox {
  /** Called before what a turn has collected is written: the writes may take long, and others need not wait for them. */
  beforeWrites: (() => void) | undefined
  /** Frames queued, once for each sink, and bytes handed to sockets. */
  frames = 0
  bytes = 0
  #dirty: Sink[] = []
  #turn = 1
  #scheduled = false
  #tookLong = false
  readonly #flush = (): void => this.flush()
  readonly #flushNext = (): void => {
    setImmediate(this.#flush)
  }

  /**
   * Queues one frame for each of the sinks.
   * @returns how many took it
   */
  add(frame: Buffer, sinks: Iterable<Sink>): number {
    let count = 0
    // Sinks that stand at the same list move on to the same longer list.
    let from: Batch | null | undefined
    let to: Batch | undefined
    let first: Batch | undefined
    for (const sink of sinks) {
      const batch = sink.batch
      if (batch === null) {
        if (sink.turn !== this.#turn) {
          if (sink.refuses()) continue
          sink.turn = this.#turn
        } else if (!sink.isOpen) continue
        first ??= new Batch(frame, null)
        sink.batch = first
        this.#dirty.push(sink)
        if (first.bytes >= WRITE_AT_BYTES) this.flushOne(sink)
      } else {
        if (to === undefined || batch !== from) {
          from = batch
          to = batch.next !== null && batch.next.frame === frame ? batch.next : new Batch(frame, batch)
          batch.next = to
        }
        sink.batch = to
        if (to.bytes >= WRITE_AT_BYTES) this.flushOne(sink)
      }
      sink.sent++
      count++
    }
    this.frames += count
    if (count > 0 && !this.#scheduled) {
      this.#scheduled = true
      setImmediate(this.#tookLong ? this.#flushNext : this.#flush)
    }
    return count
  }

  /** Writes what one sink has collected, such as before its close frame. */
  flushOne(sink: Sink): void {
    const batch = sink.batch
    if (batch === null) return
    sink.batch = null
    this.bytes += batch.bytes
    sink.write(batch.joined())
  }

  /** Writes what all have collected. Happens by itself at the end of the turn, or of the next. */
  flush(): void {
    this.#scheduled = false
    this.beforeWrites?.()
    this.#turn++
    const dirty = this.#dirty
    this.#dirty = []
    const began = performance.now()
    for (const sink of dirty) this.flushOne(sink)
    this.#tookLong = performance.now() - began > LONG_MS
  }
}
