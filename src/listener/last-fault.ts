/** Remembers what the listener has last done wrong, on its way into the log. */
import { plainError } from '../log/redaction.ts'
import type { Fault } from './listener.ts'
import type { ListenerLog } from './log.ts'

/** The longest text that is remembered, in characters: it is told with every status. */
const LONGEST = 4000

export class LastFault {
  #fault: Fault | undefined

  get fault(): Fault | undefined {
    return this.#fault
  }

  /** The same log, whose errors of the listener are remembered. */
  of(log: ListenerLog): ListenerLog {
    return {
      debug: (fields, message) => log.debug(fields, message),
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
      error: (fields, message) => {
        this.note(fields, message)
        log.error(fields, message)
      },
    }
  }

  /** @param fields of a line of the log */
  note(fields: object, message: string): void {
    const { event, hook, err } = fields as { event?: unknown; hook?: unknown; err?: unknown }
    if (event !== 'listener.error') return
    const { stack } = err instanceof Error ? (plainError(err) as { stack?: unknown }) : {}
    this.#fault = {
      at: new Date(),
      message: shortened(message),
      ...(typeof hook === 'string' && { hook }),
      ...(typeof stack === 'string' && { stack: shortened(stack) }),
    }
  }
}

/** Without its middle when it is too long: a stack begins with the error's text, and says at its end where it was. */
function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)} … ${text.slice(-LONGEST / 2)}`
}
