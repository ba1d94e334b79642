/** How many connections have closed with each code. Clients choose codes, so there is a bound to how many are kept. */
import { CLOSE } from '../connections/close-codes.ts'

/** So many codes that clients have made up are told apart. */
const MOST_CODES = 50

/** What the gateway itself closes with, and what it says of a close without a code, however many others there are. */
const OWN: ReadonlySet<number> = new Set(Object.values(CLOSE))

export class CloseCounts {
  readonly #counts = new Map<string, number>()
  #others = 0

  add(code: number): void {
    const name = String(code)
    const known = this.#counts.get(name)
    if (known !== undefined) this.#counts.set(name, known + 1)
    else if (OWN.has(code) || this.#others++ < MOST_CODES) this.#counts.set(name, 1)
    else this.#counts.set('other', (this.#counts.get('other') ?? 0) + 1)
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
