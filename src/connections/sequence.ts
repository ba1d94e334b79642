/** Runs the events of one connection one at a time and in order, also when they take time. */

/** One event; a promise says that it takes time. It never rejects: who makes it handles its faults. */
export type Task = () => void | Promise<void>

/** So many bytes in waiting events pause the socket that they come from, as too many of them do. */
const PAUSE_AT_BYTES = 1024 * 1024
/** With so little left of either it is read again. */
const RESUME_SHARE = 0.25

/** What can be told to send no more for a while (TCP's flow control does the rest). */
export interface Source {
  pause(): void
  resume(): void
}

interface Waiting {
  readonly task: Task
  readonly bytes: number
}

export class Sequence {
  readonly #source: Source
  readonly #pauseAtEvents: number
  #busy = false
  #paused = false
  #waiting: Waiting[] | null = null
  #next = 0
  #bytes = 0
  #isOver = false

  /** @param pauseAtEvents so many waiting events pause the source */
  constructor(source: Source, pauseAtEvents: number) {
    this.#source = source
    this.#pauseAtEvents = pauseAtEvents
  }

  /** Whether the source is told to send no more at the moment. */
  get isPaused(): boolean {
    return this.#paused
  }

  /** How many events wait for their turn. */
  get waiting(): number {
    return this.#waiting === null ? 0 : this.#waiting.length - this.#next
  }

  /** What they hold in memory. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Forgets what waits; what is under way goes on. @returns how many events that were */
  dropWaiting(): number {
    const count = this.waiting
    this.#waiting = null
    this.#next = 0
    this.#bytes = 0
    return count
  }

  /** Runs nothing more. @returns how many events have not come to their end */
  end(): number {
    this.#isOver = true
    return this.dropWaiting() + (this.#busy ? 1 : 0)
  }

  /**
   * Runs the task now when nothing is under way, else when its turn comes.
   * @param bytes what it holds in memory while it waits
   */
  run(task: Task, bytes = 0): void {
    if (this.#isOver) return
    if (!this.#busy) {
      this.#busy = true
      this.#take(task)
      return
    }
    this.#waiting ??= []
    this.#waiting.push({ task, bytes })
    this.#bytes += bytes
    if (!this.#paused && (this.waiting >= this.#pauseAtEvents || this.#bytes >= PAUSE_AT_BYTES)) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** Runs a task and those behind it, until one takes time or none is left. */
  #take(first: Task): void {
    let task: Task | undefined = first
    while (task !== undefined) {
      const pending = task()
      if (pending !== undefined) {
        pending.then(() => this.#continue())
        return
      }
      task = this.#shift()
    }
    this.#busy = false
  }

  #continue(): void {
    const task = this.#shift()
    if (task === undefined) this.#busy = false
    else this.#take(task)
  }

  #shift(): Task | undefined {
    const entry = this.#waiting?.[this.#next]
    if (this.#waiting === null || entry === undefined) return undefined
    this.#next++
    this.#bytes -= entry.bytes
    if (this.#next >= this.#waiting.length) {
      this.#waiting = null
      this.#next = 0
    } else if (this.#next >= 1024) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    if (
      this.#paused &&
      this.waiting <= this.#pauseAtEvents * RESUME_SHARE &&
      this.#bytes <= PAUSE_AT_BYTES * RESUME_SHARE
    ) {
      this.#paused = false
      this.#source.resume()
    }
    return entry.task
  }
}
