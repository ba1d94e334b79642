/** Says once what may be wrong when nobody has got in yet: to the clients it looks like a decision. */
import type { ListenerLog } from '../log.ts'
import { readable, shown } from './answer.ts'
import type { Reply } from './exchange.ts'

/** What may be wrong when an application answers the first handshake like this. */
const DOUBTS: Readonly<Record<number, string>> = {
  401: 'if that is no decision of its own, do both have the same WS_LISTENER_SECRET (what stands behind whsec_ is base64, and is decoded for the key), and clocks that agree?',
  404: 'if that is no decision of its own, is the path in WS_LISTENER right?',
  405: 'does it take POST at the path in WS_LISTENER?',
}

export class FirstHandshake {
  readonly #place: string
  readonly #log: ListenerLog
  #isOver = false

  /** @param place what `WS_LISTENER` names, for the log */
  constructor(place: string, log: ListenerLog) {
    this.#place = place
    this.#log = log
  }

  /** The next one is the first again: the application has been looked at anew. */
  again(): void {
    this.#isOver = false
  }

  /** A handshake has been answered. */
  answered({ status, body }: Reply): void {
    const question = this.#isOver ? undefined : DOUBTS[status]
    this.#isOver = true
    if (question === undefined) return
    const said = body.length === 0 ? '' : ` (${shown(readable(body))})`
    this.#log.warn(
      { event: 'config', path: this.#place, status },
      `the application has answered ${status}${said} to the first handshake: ${question}`,
    )
  }
}
