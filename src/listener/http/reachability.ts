/** Whether the application is there: says so once when it is away, and once when it is back. */
import type { ListenerLog } from '../log.ts'

/** A failure or two between answers, as while it is restarted, is no news yet. */
const GRACE_MS = 1000

export class Reachability {
  readonly #place: string
  readonly #log: ListenerLog
  #failingSince: number | undefined
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

  /** It has answered. */
  answered(): void {
    this.#failingSince = undefined
    if (this.#away === undefined) return
    const ms = Math.round(performance.now() - this.#away.since)
    this.#away = undefined
    this.#log.info({ event: 'listener.back', path: this.#place, ms }, 'the application is back')
  }

  /**
   * It has not.
   * @param final nobody will try this one again
   */
  failed(reason: string, final: boolean): void {
    const now = performance.now()
    this.#failingSince ??= now
    if (this.#away !== undefined || (!final && now - this.#failingSince < GRACE_MS)) return
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
