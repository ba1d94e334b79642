/** Lets so many events be under way at a time; the others wait in line, up to a bound. */

/** There is no room in the line. */
export class LineFull extends Error {
  override readonly name = 'LineFull'
}

/** Its time in the line is over. */
export class WaitedTooLong extends Error {
  override readonly name = 'WaitedTooLong'
}

export interface TurnsOptions {
  /** How many may be under way. */
  readonly limit: number
  /** How many may wait that `mayBeRefused`, and how much memory they may hold. */
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  /** See `Waiting.patient`; in milliseconds. */
  readonly timeoutMs: number
}

export interface Wish {
  /** What is held in memory meanwhile. */
  readonly bytes: number
  /**
   * A patient one waits for as long as others are being answered, so that a slow application loses nothing. An
   * impatient one waits `timeoutMs` in all.
   */
  readonly patient: boolean
  /** Whether it is refused when the line is full. What a paused socket stands behind is bounded by that. */
  readonly mayBeRefused: boolean
}

interface Waiting extends Wish {
  readonly since: number
  readonly go: () => void
  readonly fail: (error: Error) => void
}

/** So exactly the time in the line is looked at. */
const LOOK_EVERY_MS = 100

export class Turns {
  readonly #options: TurnsOptions
  #line: Waiting[] = []
  #next = 0
  #bytes = 0
  #underWay = 0
  #lastProgress = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  get underWay(): number {
    return this.#underWay
  }

  get waiting(): number {
    return this.#line.length - this.#next
  }

  /**
   * Waits for a turn, which `done` gives back. In the order of the calls.
   * @returns undefined for a turn at once
   * @throws LineFull at once, WaitedTooLong later, or what `clear` was called with
   */
  take(wish: Wish): Promise<void> | undefined {
    const { limit, maxWaiting, maxWaitingBytes } = this.#options
    if (this.#underWay < limit && this.waiting === 0) {
      this.#underWay++
      return undefined
    }
    if (wish.mayBeRefused && (this.waiting >= maxWaiting || this.#bytes + wish.bytes > maxWaitingBytes)) {
      throw new LineFull(`${this.waiting} events wait for the application already`)
    }
    return new Promise((go, fail) => {
      this.#line.push({ ...wish, since: performance.now(), go, fail })
      if (wish.mayBeRefused) this.#bytes += wish.bytes
      this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
    })
  }

  /** Gives a turn back. */
  done(): void {
    this.#underWay--
    const next = this.#line[this.#next]
    if (next === undefined) return
    this.#next++
    this.#left(next)
    if (this.#next >= 1024 || this.#next >= this.#line.length) {
      this.#line = this.#line.slice(this.#next)
      this.#next = 0
    }
    this.#underWay++
    next.go()
  }

  /** Somebody has been answered: the patient ones wait on. */
  progress(): void {
    this.#lastProgress = performance.now()
  }

  /** Nobody waits any longer. @returns how many did */
  clear(reason: Error): number {
    return this.#fail(() => reason)
  }

  #look(): void {
    const { timeoutMs } = this.#options
    const now = performance.now()
    this.#fail(({ patient, since }) => {
      const from = patient ? Math.max(since, this.#lastProgress) : since
      if (now - from < timeoutMs) return undefined
      return new WaitedTooLong(`no turn within ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)
    })
    if (this.waiting > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #fail(why: (waiting: Waiting) => Error | undefined): number {
    const line = this.#line.slice(this.#next)
    this.#line = []
    this.#next = 0
    const failed: [Waiting, Error][] = []
    for (const waiting of line) {
      const error = why(waiting)
      if (error === undefined) this.#line.push(waiting)
      else failed.push([waiting, error])
    }
    for (const [waiting, error] of failed) {
      this.#left(waiting)
      waiting.fail(error)
    }
    return failed.length
  }

  #left({ mayBeRefused, bytes }: Waiting): void {
    if (mayBeRefused) this.#bytes -= bytes
  }
}
