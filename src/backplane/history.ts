/** How much of a stream is kept: so many entries, unless the newest of them hold more memory of Redis than they may. */

/** What Redis needs for an entry beside its batch, in bytes, about. */
const OVERHEAD = 130

export class History {
  readonly #maxEntries: number
  readonly #maxBytes: number
  /** What each of the newest entries holds, the oldest one first; those before `head` no longer count. */
  #sizes: number[] = []
  #head = 0
  #bytes = 0
  /** Whether there have been more than may be kept. */
  #isCut = false

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
  }

  /** How many entries are to be kept. One always is. */
  get entries(): number {
    return this.#isCut ? Math.max(1, this.#sizes.length - this.#head) : this.#maxEntries
  }

  /** One more is there. @param bytes of its batch */
  add(bytes: number): void {
    this.#sizes.push(bytes + OVERHEAD)
    this.#bytes += bytes + OVERHEAD
    while (this.#bytes > this.#maxBytes) {
      this.#isCut = true
      this.#shift()
    }
    if (this.#sizes.length - this.#head > this.#maxEntries) {
      // As many as may be are small enough: then their number alone counts again.
      this.#isCut = false
      this.#shift()
    }
    if (this.#head < 1024 || this.#head < this.#sizes.length / 2) return
    this.#sizes = this.#sizes.slice(this.#head)
    this.#head = 0
  }

  #shift(): void {
    this.#bytes -= this.#sizes[this.#head++] ?? 0
  }
}
