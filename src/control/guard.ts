/** Who may call the control API over TCP: who shows the token. Guessing is slowed down. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '../admission/credentials.ts'

/** The answer to a wrong token waits this long, then twice as long, and so on. */
const DELAY_MS = { first: 250, most: 8000 }
/** An address that has not failed for so long starts anew. */
const FORGET_MS = 60_000
/** So many wrong calls of one address wait for their answer at a time; more are refused at once. */
const MOST_WAITING = 16
/** So many addresses are remembered; those that have failed longest ago go first. */
const MOST_ADDRESSES = 10_000

interface Failures {
  count: number
  waiting: number
  at: number
}

export class Guard {
  readonly #expected: Buffer
  readonly #failures = new Map<string, Failures>()

  constructor(token: string) {
    this.#expected = digest(token)
  }

  /** @param authorization the header of that name */
  allows(authorization: string | undefined): boolean {
    const token = bearerToken(authorization) ?? ''
    // Digests have one length, so the comparison takes the same time for every guess.
    return timingSafeEqual(digest(token), this.#expected)
  }

  /**
   * An address has failed.
   * @returns false when it is to be refused at once; otherwise true, after a time
   */
  async failed(address: string, now: number = performance.now()): Promise<boolean> {
    let failures = this.#failures.get(address)
    if (failures === undefined || (now - failures.at > FORGET_MS && failures.waiting === 0)) {
      failures = { count: 0, waiting: 0, at: now }
    }
    // Put in anew, so that the map's order is that of the last failure.
    this.#failures.delete(address)
    this.#failures.set(address, failures)
    failures.at = now
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MOST_ADDRESSES) break
      this.#failures.delete(oldest)
    }
    if (failures.waiting >= MOST_WAITING) return false
    failures.waiting++
    const delay = Math.min(DELAY_MS.most, DELAY_MS.first * 2 ** Math.min(failures.count++, 10))
    await new Promise(resolve => setTimeout(resolve, delay).unref())
    failures.waiting--
    return true
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
