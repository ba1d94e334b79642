/** How many messages a second one connection may send: a token bucket. */

export interface RateLimit {
  /** In the long run, a second. */
  readonly perSecond: number
  /** At once, after a rest. */
  readonly burst: number
}

export class Rate {
  readonly #limit: RateLimit
  #left: number
  #at: number

  /** @param now in milliseconds, of a clock that only goes forward */
  constructor(limit: RateLimit, now: number) {
    this.#limit = limit
    this.#left = limit.burst
    this.#at = now
  }

  /** Takes one; false when there is none left. */
  take(now: number): boolean {
    const { perSecond, burst } = this.#limit
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
