/** Whether the application is there: says so once when it is away, and once when it is back. */
import type { ListenerLog } from '../log.ts'

/** A failure or two between answers, as while it is restarted, is no news yet. */
const GRACE_MS = 1000

export class Reachability {
  readonly #place: string
  readonly #log: ListenerLog
  #answeredAt = -Infinity
  /** The first and the last failure without an answer between. */
  #failingSince: number | undefined
  #failedAt = -Infinity
  #away: { readonly since: number; readonly text: string } | undefined

  /** @param place what `WS_LISTENER` names, for the log */
  constructor(place: string, log: ListenerLog) {
    this.#place = place
    this.#log = log
  }

  /** Why the application is held to be away, or null. */
  get fault(): string | null {
    return this.#away?.text ?? null
  }

  /** Whether it has answered anything since then, in milliseconds of `performance.now()`. */
  hasAnsweredSince(time: number): boolean {
    return this.#answeredAt >= time
  }

  /** It has answered. */
  answered(): void {
    this.#answeredAt = performance.now()
    this.#failingSince = undefined
    if (this.#away === undefined) return
    const ms = Math.round(performance.now() - this.#away.since)
    this.#away = undefined
    this.#log.info({ event: 'listener.back', path: this.#place, ms }, 'the application is back')
  }

  /**
   * It has not.
   * @param givenUp for an event that is not tried again: since when it has been tried
   */
  failed(reason: string, givenUp?: number): void {
    if (this.#away !== undefined) return
    const now = performance.now()
    // What is tried again fails at least once a second: a longer silence is no absence.
    if (this.#failingSince === undefined || now - this.#failedAt > 2 * GRACE_MS) this.#failingSince = now
    this.#failedAt = now
    // What is given up while others are answered is that event's own trouble.
    const isOver = givenUp !== undefined && !this.hasAnsweredSince(givenUp)
    if (!isOver && now - this.#failingSince < GRACE_MS) return
    const text = `the application does not answer: ${reason}`
    this.#away = { since: this.#failingSince, text }
    this.#log.error({ event: 'listener.away', path: this.#place }, `the application is away: ${reason}`)
  }

  /** Nobody is to know any more: the gateway stops. */
  forget(): void {
    this.#failingSince = undefined
    this.#away = undefined
  }
}
