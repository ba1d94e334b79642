/** Lets so many events be under way at a time; the others wait in line, within bounds. */

/** There is no room in the line. */
export class LineFull extends Error {
  override readonly name = 'LineFull'
}

/** Its time in the line is over. */
export class WaitedTooLong extends Error {
  override readonly name = 'WaitedTooLong'
}

/** Nobody wants to know any more. */
export class NotWanted extends Error {
  override readonly name = 'NotWanted'
}

export interface TurnsOptions {
  /** How many may be under way. */
  readonly limit: number
  /** How many of each kind may wait, and what memory they may hold; see `Wish.isHeld`. */
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  /** See `Wish.isPatient`; in milliseconds. */
  readonly timeoutMs: number
}

/** What wants a turn. */
export interface Wish {
  /** Each kind has bounds of its own, so that none takes the room of another. */
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
  /** Whether somebody still wants to know. */
  isWanted(): boolean
}

interface Waiting {
  readonly wish: Wish
  readonly since: number
  readonly go: () => void
  readonly fail: (error: Error) => void
}

interface Load {
  count: number
  bytes: number
}

/** So exactly the time in the line, and what it holds, are looked at. */
const LOOK_EVERY_MS = 100

export class Turns {
  readonly #options: TurnsOptions
  /** Those that had a turn already go before all others. */
  #returning: Waiting[] = []
  #line: Waiting[] = []
  #next = 0
  #underWay = 0
  /** What no open socket stands behind, by its kind. */
  #loose = new Map<string, Load>()
  #lastProgress = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(options: TurnsOptions) {
    this.#options = options
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
    if (this.#underWay < this.#options.limit && this.waiting === 0) {
      this.#underWay++
      return undefined
    }
    if (!again && !wish.isHeld() && !this.#hasRoom(wish)) throw new LineFull(this.#fullText(wish))
    return new Promise((go, fail) => {
      const waiting = { wish, since: performance.now(), go, fail }
      if (again) this.#returning.push(waiting)
      else this.#line.push(waiting)
      this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
    })
  }

  /** Gives a turn back. */
  done(): void {
    this.#underWay--
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) {
      if (!next.wish.isWanted()) {
        next.fail(new NotWanted('nobody wants to know any more'))
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
    const returning = this.#returning.shift()
    if (returning !== undefined) return returning
    const next = this.#line[this.#next]
    if (next === undefined) return undefined
    this.#next++
    if (this.#next >= 1024 || this.#next >= this.#line.length) {
      this.#line = this.#line.slice(this.#next)
      this.#next = 0
    }
    return next
  }

  /** Notes it as one that waits. What has gone since the last look counts still, which errs on the safe side. */
  #hasRoom({ kind, bytes }: Wish): boolean {
    const { maxWaiting, maxWaitingBytes } = this.#options
    const load = this.#loose.get(kind) ?? { count: 0, bytes: 0 }
    if (load.count >= maxWaiting || load.bytes + bytes > maxWaitingBytes) return false
    load.count++
    load.bytes += bytes
    this.#loose.set(kind, load)
    return true
  }

  /** Counts anew what is loose: a socket may have closed; and ends what may wait no longer. */
  #look(): void {
    const { timeoutMs } = this.#options
    const now = performance.now()
    this.#loose = new Map()
    this.#fail(({ wish, since }) => {
      if (!wish.isWanted()) return new NotWanted('nobody wants to know any more')
      const from = wish.isPatient ? Math.max(since, this.#lastProgress) : since
      if (now - from >= timeoutMs) {
        return new WaitedTooLong(`no turn within ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)
      }
      return wish.isHeld() || this.#hasRoom(wish) ? undefined : new LineFull(this.#fullText(wish))
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
    for (const [waiting, error] of failed) waiting.fail(error)
  }

  #fullText({ kind }: Wish): string {
    return `too many events wait for the application (${this.#loose.get(kind)?.count ?? 0} of this kind)`
  }
}
