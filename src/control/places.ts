/** How many callers may do at a time what costs much. */
import { Problem } from '../problem.ts'

export class Places {
  readonly #most: number
  readonly #what: string
  #taken = 0

  /** @param what they do, such as `search the log` */
  constructor(most: number, what: string) {
    this.#most = most
    this.#what = what
  }

  /** Has a place while the work lasts. @throws Problem 429 when all are taken; whatever the work throws */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#most) {
      throw new Problem(429, `${this.#most} callers ${this.#what} already, and no more may`)
    }
    this.#taken++
    try {
      return await work()
    } finally {
      this.#taken--
    }
  }
}
