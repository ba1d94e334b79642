/** Chance that comes out the same for the same seed. */

/** An FNV-1a hash, so that near seeds give unlike sequences. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

export class Random {
  #state: number

  /** Each part of the seed counts: a run's seed, what it is for, and which one of those. */
  constructor(...seed: (string | number)[]) {
    this.#state = hash(seed.join('/'))
  }

  /** From 0 up to 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(0, list.length - 1)]
    if (found === undefined) throw new Error('nothing to pick from')
    return found
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count)
    let word = 0
    for (let i = 0; i < count; i++) {
      word = i % 4 === 0 ? this.int(0, 0xffffffff) : word >>> 8
      bytes[i] = word & 0xff
    }
    return bytes
  }

  word(most = 12): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-_.~'
    let word = ''
    for (let left = this.int(1, most); left > 0; left--) word += letters[this.int(0, letters.length - 1)]
    return word
  }

  /** The same bytes with a few of them changed, left out, or doubled. */
  mutated(bytes: Buffer): Buffer {
    let result = Buffer.from(bytes)
    for (let left = this.int(1, 6); left > 0 && result.length > 0; left--) {
      const at = this.int(0, result.length - 1)
      const how = this.int(0, 3)
      if (how === 0) result[at] = this.int(0, 255)
      else if (how === 1) result[at] = (result[at] ?? 0) ^ (1 << this.int(0, 7))
      else if (how === 2)
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + this.int(1, 9))])
      else result = Buffer.concat([result.subarray(0, at), result.subarray(Math.max(0, at - this.int(1, 9)))])
    }
    return result
  }

  /** The beginning of the bytes, never all of them. */
  truncated(bytes: Buffer): Buffer {
    return bytes.subarray(0, this.int(0, bytes.length - 1))
  }

  /** The bytes in one piece mostly, else in a few. */
  pieces(bytes: Buffer): Buffer[] {
    if (this.chance(0.85)) return [bytes]
    const pieces: Buffer[] = []
    let from = 0
    for (let left = this.int(1, 3); left > 0; left--) {
      const to = this.int(from, bytes.length)
      pieces.push(bytes.subarray(from, to))
      from = to
    }
    pieces.push(bytes.subarray(from))
    return pieces
  }
}
