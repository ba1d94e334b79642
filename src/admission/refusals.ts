/** Counts those who are refused, and says so in the log without letting them fill it. */
import type { ClientRequest } from '../connections/request.ts'
import type { Logger } from '../log.ts'
import type { Problem } from '../problem.ts'

/** For each status, one line in this time; the others are counted, and told at debug level. */
const QUIET_MS = 10_000

export class Refusals {
  readonly #log: Logger
  /** By status, of which there are few: 4xx and 5xx. */
  readonly #byStatus = new Map<number, { count: number; saidAt: number; unsaid: number }>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Neither the query nor a header is logged: a token may stand in them. */
  note({ status, detail, cause }: Problem, { ip, path }: ClientRequest): void {
    const now = performance.now()
    const last = this.#byStatus.get(status)
    const fields = { event: 'client.refused', ip, path, status, detail }
    const count = (last?.count ?? 0) + 1
    if (last !== undefined && now - last.saidAt < QUIET_MS) {
      last.count = count
      last.unsaid++
      this.#log.debug(fields, 'client refused')
      return
    }
    this.#byStatus.set(status, { count, saidAt: now, unsaid: 0 })
    const more = last === undefined || last.unsaid === 0 ? {} : { unsaid: last.unsaid }
    // Whoever is refused for what the gateway can take is for the operator to see; a stranger is no news.
    const level = status === 429 || status >= 500 ? 'warn' : 'info'
    this.#log[level]({ ...fields, ...more, ...(cause instanceof Error && { err: cause }) }, 'client refused')
  }

  /** How many, with whatever status. */
  get count(): number {
    let count = 0
    for (const each of this.#byStatus.values()) count += each.count
    return count
  }

  /** How many with each status. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#byStatus].map(([status, { count }]) => [status, count]))
  }
}
