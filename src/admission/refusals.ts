/** Counts those who are refused, and says so in the log without letting them fill it. */
import type { ClientRequest } from '../connections/request.ts'
import type { Logger } from '../log.ts'
import type { Problem } from '../problem.ts'

/** For each status, one line in this time; the others are counted, and told at debug level. */
const QUIET_MS = 10_000

export class Refusals {
  readonly #log: Logger
  readonly #last = new Map<number, { at: number; unsaid: number }>()
  count = 0

  constructor(log: Logger) {
    this.#log = log
  }

  /** Neither the query nor a header is logged: a token may stand in them. */
  note({ status, detail, cause }: Problem, { ip, path }: ClientRequest): void {
    this.count++
    const now = performance.now()
    const last = this.#last.get(status)
    const fields = { event: 'client.refused', ip, path, status, detail }
    if (last !== undefined && now - last.at < QUIET_MS) {
      last.unsaid++
      this.#log.debug(fields, 'client refused')
      return
    }
    this.#last.set(status, { at: now, unsaid: 0 })
    const more = last === undefined || last.unsaid === 0 ? {} : { unsaid: last.unsaid }
    // Whoever is refused for what the gateway can take is for the operator to see; a stranger is no news.
    const level = status === 429 || status >= 500 ? 'warn' : 'info'
    this.#log[level]({ ...fields, ...more, ...(cause instanceof Error && { err: cause }) }, 'client refused')
  }
}
