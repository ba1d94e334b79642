/** One question to the application, from its turn to its answer. */
import { randomUUID } from 'node:crypto'
import type { Wish } from './turns.ts'

/** An event, and who waits for its answer. */
export interface Question extends Wish {
  /** Makes the request's body, when its turn has come: until then its parts alone are held. */
  body(): string
}

/** A question that has had its turn. */
export class Asking {
  readonly question: Question
  /** The same for each try. */
  readonly id = randomUUID()
  /** In milliseconds of `performance.now()`. */
  readonly begun: number
  readonly #deadline: number
  hasTurn = true
  /** Ends the wait that it is in, for a reply or for the next try. */
  giveUp: ((reason: Error) => void) | undefined

  constructor(question: Question, begun: number, timeoutMs: number) {
    this.question = question
    this.begun = begun
    this.#deadline = begun + timeoutMs
  }

  /** The time until its end, in milliseconds. */
  get left(): number {
    return this.#deadline - performance.now()
  }

  /** Whether it waits for its next try without a turn. */
  get isResting(): boolean {
    return !this.hasTurn && this.giveUp !== undefined
  }

  /** @throws what `giveUp` is told */
  wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.giveUp = undefined
        resolve()
      }, ms)
      this.giveUp = reason => {
        clearTimeout(timer)
        this.giveUp = undefined
        reject(reason)
      }
    })
  }
}
