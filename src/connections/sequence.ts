/** Runs the events of one connection one at a time and in order, also when they take time. */

/** One event; a promise says that it takes time. It never rejects: who makes it handles its faults. */
export type Task = () => void | Promise<void>

/** So many waiting events pause the socket that they come from. */
const PAUSE_AT = 64
/** With so few left it is read again. */
const RESUME_AT = 16

/** What can be told to send no more for a while (TCP's flow control does the rest). */
export interface Source {
  pause(): void
  resume(): void
}

export class Sequence {
  readonly #source: Source
  #busy = false
  #paused = false
  #waiting: Task[] | null = null
  #next = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** How many events wait for their turn. */
  get waiting(): number {
    return this.#waiting === null ? 0 : this.#waiting.length - this.#next
  }

  /** Runs the task now when nothing is under way, else when its turn comes. */
  run(task: Task): void {
    if (!this.#busy) {
      this.#busy = true
      this.#take(task)
      return
    }
    this.#waiting ??= []
    this.#waiting.push(task)
    if (!this.#paused && this.waiting >= PAUSE_AT) {
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
    if (this.#waiting === null) return undefined
    const task = this.#waiting[this.#next++]
    if (this.#next >= this.#waiting.length) {
      this.#waiting = null
      this.#next = 0
    } else if (this.#next >= 1024) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    if (this.#paused && this.waiting <= RESUME_AT) {
      this.#paused = false
      this.#source.resume()
    }
    return task
  }
}
