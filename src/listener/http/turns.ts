/** Lets so many events be under way at a time; the others wait in line, within bounds. */
import { LineFull, NotWanted } from './faults.ts'

/** Its time in the line is over. */
export class WaitedTooLong extends Error {
  override readonly name = 'WaitedTooLong'
}

export interface TurnsOptions {
  /** How many may be under way. */
  readonly limit: number
  /** See `Wish.isPatient`; in milliseconds. */
  readonly timeoutMs: number
  /** The memory that those of each kind may hold of which `Wish.isHeld` is false; 64 MiB when left out. */
  readonly maxWaitingBytes?: number
}

/** What wants a turn. */
export interface Wish {
  /** Each kind has a bound of its own, so that none takes the room of another. */
  readonly kind: string
  /** What is held in memory meanwhile. */
  readonly bytes: number
  /**
   * A patient one waits for as long as others are being answered, so that a slow application loses nothing. An
   * impatient one waits `timeoutMs` in all.
   */
  readonly isPatient: boolean
  /** Whether an open socket stands behind it, which is not read meanwhile and so bounds it. It is never refused. */
  isHeld(): boolean
  /** Aborted when nobody wants to know any more. */
  readonly gone?: AbortSignal
}

interface Waiting {
  readonly wish: Wish
  readonly since: number
  readonly go: () => void
  readonly fail: (error: Error) => void
  /** Whether it counts among those that no open socket holds. */
  isLoose: boolean
}

/** What the least that waits holds in memory: what it is about, and its place in the line. */
const LEAST_BYTES = 512

/** So exactly the time in the line is looked at. */
const LOOK_EVERY_MS = 250

export class Turns {
  readonly #limit: number
  readonly #timeoutMs: number
  readonly #maxWaitingBytes: number
  /** Those that had a turn already. They alternate with the others. */
  #returning: Waiting[] = []
  #isReturningNext = true
  #line: Waiting[] = []
  #next = 0
  #underWay = 0
  /** The bytes of what no open socket holds, by their kind. */
  readonly #loose = new Map<string, number>()
  #lastProgress = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor({ limit, timeoutMs, maxWaitingBytes = 64 * 1024 * 1024 }: TurnsOptions) {
    this.#limit = limit
    this.#timeoutMs = timeoutMs
    this.#maxWaitingBytes = maxWaitingBytes
  }

  get underWay(): number {
    return this.#underWay
  }

  get waiting(): number {
    return this.#returning.length + this.#line.length - this.#next
  }

  /**
   * Waits for a turn, which `done` gives back. In the order of the calls.
   * @param again for what has had a turn already
   * @returns undefined for a turn at once
   * @throws LineFull at once; WaitedTooLong, LineFull, NotWanted or what `clear` was called with later
   */
  take(wish: Wish, again = false): Promise<void> | undefined {
    if (this.#underWay < this.#limit && this.waiting === 0) {
      this.#underWay++
      return undefined
    }
    const isLoose = !wish.isHeld()
    if (isLoose && !this.#takeRoom(wish, again)) throw fullFault(wish)
    return new Promise((go, fail) => {
      const waiting = { wish, since: performance.now(), go, fail, isLoose }
      if (again) this.#returning.push(waiting)
      else this.#line.push(waiting)
      this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
    })
  }

  /** Gives a turn back. */
  done(): void {
    this.#underWay--
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) {
      this.#left(next)
      if (next.wish.gone?.aborted) {
        next.fail(new NotWanted())
        continue
      }
      this.#underWay++
      next.go()
      return
    }
  }

  /** Somebody has been answered: the patient ones wait on. */
  progress(): void {
    this.#lastProgress = performance.now()
  }

  /** Nobody waits any longer. */
  clear(reason: Error): void {
    this.#fail(() => reason)
  }

  #shift(): Waiting | undefined {
    const hasLine = this.#next < this.#line.length
    this.#isReturningNext = !this.#isReturningNext
    if (this.#returning.length > 0 && (this.#isReturningNext || !hasLine)) return this.#returning.shift()
    if (!hasLine) return undefined
    const next = this.#line[this.#next++]
    if (this.#next >= 1024 || this.#next >= this.#line.length) {
      this.#line = this.#line.slice(this.#next)
      this.#next = 0
    }
    return next
  }

  /** @param anyway counts it, whether there is room or not */
  #takeRoom({ kind, bytes }: Wish, anyway: boolean): boolean {
    const sum = (this.#loose.get(kind) ?? 0) + LEAST_BYTES + bytes
    if (sum > this.#maxWaitingBytes && !anyway) return false
    this.#loose.set(kind, sum)
    return true
  }

  #left({ isLoose, wish: { kind, bytes } }: Waiting): void {
    if (isLoose) this.#loose.set(kind, (this.#loose.get(kind) ?? 0) - LEAST_BYTES - bytes)
  }

  /** Ends what may wait no longer. What was held by its socket may have become loose. */
  #look(): void {
    const now = performance.now()
    this.#fail(waiting => {
      const { wish, since } = waiting
      if (wish.gone?.aborted) return new NotWanted()
      const from = wish.isPatient ? Math.max(since, this.#lastProgress) : since
      if (now - from >= this.#timeoutMs) {
        return new WaitedTooLong(`no turn within ${this.#timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)
      }
      if (waiting.isLoose || wish.isHeld()) return undefined
      if (!this.#takeRoom(wish, false)) return fullFault(wish)
      waiting.isLoose = true
      return undefined
    })
    if (this.waiting > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #fail(why: (waiting: Waiting) => Error | undefined): void {
    const failed: [Waiting, Error][] = []
    const stays = (waiting: Waiting): boolean => {
      const error = why(waiting)
      if (error !== undefined) failed.push([waiting, error])
      return error === undefined
    }
    this.#returning = this.#returning.filter(stays)
    this.#line = this.#line.slice(this.#next).filter(stays)
    this.#next = 0
    for (const [waiting, error] of failed) {
      this.#left(waiting)
      waiting.fail(error)
    }
  }
}

function fullFault({ kind }: Wish): LineFull {
  return new LineFull(`too many events wait for the application (${kind})`)
}
