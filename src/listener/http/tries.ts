/** When a request that got no answer is made again. */

/** A try that got no answer. */
export interface Failure {
  /** For the log. */
  readonly failed: string
  /**
   * `absent`: nobody has taken the connection. `broken`: it broke off; a kept-alive one may have been closed at the same
   * moment. `status`: a proxy says that the application behind it is away, or the application that it is for now.
   */
  readonly how: 'absent' | 'broken' | 'status'
}

const AWAY_STATUS = [502, 503, 504]

/** Why an answer with this status is none. */
export function failureOf(status: number): Failure | undefined {
  return AWAY_STATUS.includes(status) ? { failed: `it answered ${status}`, how: 'status' } : undefined
}

/** The waits between tries: up to twice as long as the one before, by chance, so that they do not all come at once. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1000

/** A last try shall have this time at least. */
const LAST_TRY_MS = 20

/**
 * How long to wait before the next try, in milliseconds.
 * @param tries how many there have been
 * @param left the time until the event's end
 * @returns undefined when there is no time for another one
 */
export function waitBefore(tries: number, { how }: Failure, left: number): number | undefined {
  const most = left - LAST_TRY_MS
  if (most <= 0) return undefined
  if (tries === 1 && how === 'broken') return 0
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS)
  return Math.min(longest * (0.5 + Math.random() / 2), most)
}
