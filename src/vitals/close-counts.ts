/** How many connections have closed with each code. Clients choose codes, so there is a bound to how many are kept. */

/** So many codes are told apart. */
const MOST_CODES = 50

export class CloseCounts {
  readonly #counts = new Map<string, number>()

  add(code: number): void {
    const name = String(code)
    const key = this.#counts.has(name) || this.#counts.size < MOST_CODES ? name : 'other'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
