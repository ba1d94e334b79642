/** What an answer does. It has been checked as a whole by then, so that nothing of it is left half-done. */
import { fromBase64 } from '../../base64.ts'
import type { ListenerSide } from '../listener.ts'
import type { Connections, HandshakeData, ListenerData, State } from '../types.ts'
import { AnswerFault } from './faults.ts'
import type { Answer } from './schema.ts'

/** @throws AnswerFault for a subprotocol that the client does not offer (RFC 6455 §4.2.2) */
export function applyToHandshake(answer: Answer | undefined, data: HandshakeData): void {
  const { state, user, protocol } = answer ?? {}
  if (typeof protocol === 'string' && protocol !== '' && !data.request.protocols.includes(protocol)) {
    throw new AnswerFault(
      `"protocol" takes a subprotocol that the client offers, got ${JSON.stringify(protocol)}`,
    )
  }
  if (state !== undefined) data.state = asObject(state)
  if (user !== undefined) data.user = user
  if (protocol !== undefined) data.protocol = protocol
}

/**
 * Lays an answer over `data`, from which the gateway sends afterwards.
 * @param connections where those are looked up that are to be closed
 */
export function applyAnswer(
  answer: Answer,
  data: ListenerData,
  side: Pick<ListenerSide, 'send'>,
  connections: Connections,
): void {
  const { state, send = [], close = [], message, encoding, connections: only, except } = answer
  if (state !== undefined && data.conn !== undefined) data.conn.state = asObject(state)
  for (const one of send) {
    side.send(decoded(one.message, one.encoding), typeof one.to === 'string' ? [one.to] : one.to)
  }
  if (Object.hasOwn(answer, 'message')) data.message = decoded(message, encoding)
  if (only !== undefined) data.connections = only
  if (except !== undefined) data.except = except
  if (close.length === 0) return
  // In the next turn: what this answer sends is queued in this one, and goes out before the close frame.
  setImmediate(() => {
    for (const one of close) {
      const { id, code, reason } = typeof one === 'string' ? { id: one } : one
      connections.get(id)?.close(code, reason)
    }
  })
}

/** PHP and Lua write an empty object as an empty array. */
function asObject(state: NonNullable<Answer['state']>): State {
  return Array.isArray(state) ? {} : state
}

function decoded(message: unknown, encoding: 'base64' | undefined): unknown {
  return encoding === undefined ? message : fromBase64(message)
}
