/** What was wrong with some messages. */
export interface Tally {
  readonly lost: number
  readonly doubled: number
  readonly disordered: number
}

export const NO_FAULT: Tally = { lost: 0, doubled: 0, disordered: 0 }

export function together(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { lost, doubled, disordered }) => ({
      lost: sum.lost + lost,
      doubled: sum.doubled + doubled,
      disordered: sum.disordered + disordered,
    }),
    NO_FAULT,
  )
}

/** Numbered messages of one sender, as one receiver sees them: none may be missing, doubled or out of order. */
export class Sequence {
  #doubled = 0
  #disordered = 0
  #next: number | undefined
  #missing: Set<number> | undefined

  /** @param first the number that must come first; undefined for who joins in the middle */
  constructor(first?: number) {
    this.#next = first
  }

  /** @param last the last one that was sent, which must have come; undefined when that is not known */
  tally(last?: number): Tally {
    const next = this.#next ?? 1
    const tail = last === undefined ? 0 : Math.max(0, last + 1 - next)
    return { lost: (this.#missing?.size ?? 0) + tail, doubled: this.#doubled, disordered: this.#disordered }
  }

  take(number: number): void {
    // Nearly always; what follows may be slow.
    if (number === this.#next) {
      this.#next++
      return
    }
    this.#next ??= number
    if (number < this.#next) {
      if (this.#missing?.delete(number)) this.#disordered++
      else this.#doubled++
      return
    }
    this.#missing ??= new Set()
    while (this.#next < number) this.#missing.add(this.#next++)
    this.#next++
  }
}

/** Reads a number of so many digits, without making a text of the bytes. */
export function digits(bytes: Uint8Array, from: number, count: number): number {
  let number = 0
  for (let i = from; i < from + count; i++) number = number * 10 + (bytes[i] ?? 0) - 48
  return number
}
