/** What is said of an event that has failed. */
import { ListenerFault } from '../listener.ts'
import { messageOf } from '../thrown.ts'
import { AnswerFault, Away, Late, LineFull, NotWanted, ReplyFault, Stopped } from './faults.ts'
import type { ListenerEvent } from './schema.ts'

/** Of these the gateway's own stack would say nothing, and their names neither. */
const FOREIGN = [AnswerFault, ReplyFault, Away, Late, LineFull, NotWanted, Stopped]

function isForeign(error: unknown): error is Error {
  return FOREIGN.some(kind => error instanceof kind)
}

/** The fault of a hook that failed by this error. */
export function toFault(event: ListenerEvent, error: unknown): ListenerFault {
  const text = isForeign(error) ? error.message : messageOf(error)
  return new ListenerFault(kindOf(error), `"${event}" failed: ${text}`, error)
}

/** The error for the log. */
export function shownError(error: unknown): unknown {
  return isForeign(error) ? { type: error.name, message: error.message } : error
}

function kindOf(error: unknown): 'threw' | 'timeout' | 'away' {
  if (error instanceof Late) return 'timeout'
  return [Away, Stopped, LineFull].some(kind => error instanceof kind) ? 'away' : 'threw'
}
