/**
 * What waits to be published. Numbered records are kept until Redis has taken them, also when it is away, up to a
 * bound past which the oldest go. Records of state are of this session only, and go first, so that a node that has much
 * to send is not taken for dead. One batch is under way at a time: what is refused can never be overtaken, and what
 * piles up meanwhile goes together.
 */
import { sizeOf, type Written } from './records.ts'

/** One batch has no more than this, unless a single record is larger. */
const BATCH = { records: 1000, bytes: 1024 * 1024 }
/** What a record costs in memory beside its bytes. */
const OVERHEAD = 200

interface Waiting {
  readonly record: Written
  readonly number: number
}

/** What goes as one entry. */
export interface Batch {
  readonly records: readonly Written[]
  /** The number of the first numbered record in it, or of the next one that there will be. */
  readonly first: number
  /** How many of its records are numbered. */
  readonly numbered: number
}

export class Outgoing {
  readonly #maxBytes: number
  #state: Written[] = []
  #waiting: Waiting[] = []
  /** Where `waiting` begins. */
  #head = 0
  #underWay: Waiting[] = []
  #isUnderWay = false
  #last = 0
  #bytes = 0
  #bytesUnderWay = 0
  /** Numbered records that had to go. */
  dropped = 0

  /** @param maxBytes what may wait */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Numbered records that Redis has not taken yet. */
  get messages(): number {
    return this.#underWay.length + this.#waiting.length - this.#head
  }

  /** What they hold in memory. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.messages === 0 && this.#state.length === 0 && !this.#isUnderWay
  }

  /** A record that must arrive. @returns how many older ones had to go for it */
  addNumbered(record: Written): number {
    this.#waiting.push({ record, number: ++this.#last })
    this.#bytes += cost(record)
    return this.#dropOldest()
  }

  /** A record that says how it is at the moment. */
  addState(record: Written): void {
    this.#state.push(record)
  }

  /** The next batch, or undefined when there is none or one is under way. */
  next(): Batch | undefined {
    if (this.#isUnderWay) return undefined
    const records = this.#nextState()
    let bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
    const first = this.#waiting[this.#head]?.number ?? this.#last + 1
    while (records.length < BATCH.records) {
      const waiting = this.#waiting[this.#head]
      // Behind a gap, the numbers begin anew.
      if (waiting === undefined || waiting.number !== first + this.#underWay.length) break
      bytes += sizeOf(waiting.record)
      if (records.length > 0 && bytes > BATCH.bytes) break
      records.push(waiting.record)
      this.#underWay.push(waiting)
      this.#bytesUnderWay += cost(waiting.record)
      this.#head++
    }
    this.#compact()
    if (records.length === 0) return undefined
    this.#isUnderWay = true
    return { records, first, numbered: this.#underWay.length }
  }

  /** Snapshots can be large: all of them at once could be more than Redis takes in one entry. */
  #nextState(): Written[] {
    let bytes = 0
    const past = this.#state.findIndex((record, i) => {
      bytes += sizeOf(record)
      return i > 0 && (i === BATCH.records || bytes > BATCH.bytes)
    })
    return this.#state.splice(0, past === -1 ? this.#state.length : past)
  }

  /** Redis has taken the batch. */
  taken(): void {
    this.#bytes -= this.#bytesUnderWay
    this.#bytesUnderWay = 0
    this.#underWay = []
    this.#isUnderWay = false
  }

  /** The session is lost: what was numbered waits again, whether Redis has taken it or not; the rest is said anew. */
  lost(): void {
    this.#waiting = [...this.#underWay, ...this.#waiting.slice(this.#head)]
    this.#head = 0
    this.#underWay = []
    this.#bytesUnderWay = 0
    this.#isUnderWay = false
    this.#state = []
  }

  /**
   * What is under way stays: it may have arrived, and takes nobody's place, or one large message would cost all that
   * come while it goes. The newest stays as well, however large.
   */
  #dropOldest(): number {
    let count = 0
    while (this.#bytes - this.#bytesUnderWay > this.#maxBytes && this.#head < this.#waiting.length - 1) {
      const oldest = this.#waiting[this.#head++]
      if (oldest !== undefined) this.#bytes -= cost(oldest.record)
      count++
    }
    this.dropped += count
    this.#compact()
    return count
  }

  #compact(): void {
    if (this.#head < 1024 && this.#head < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#head)
    this.#head = 0
  }
}

function cost(record: Written): number {
  return sizeOf(record) + OVERHEAD
}
