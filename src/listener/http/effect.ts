/** What an answer does. It has been checked as a whole by then, so that nothing of it is left half-done. */
import { fromBase64 } from '../../base64.ts'
import type { ListenerSide } from '../listener.ts'
import type { Connection, HandshakeData, ListenerData, State } from '../types.ts'
import { AnswerFault } from './faults.ts'
import type { Answer } from './schema.ts'

/** @throws AnswerFault for a subprotocol that the client does not offer (RFC 6455 §4.2.2) */
export function applyToHandshake(answer: Answer | undefined, data: HandshakeData): void {
  if (answer === undefined) return
  const { state, user, info, join = [], protocol } = answer
  if (typeof protocol === 'string' && protocol !== '' && !data.request.protocols.includes(protocol)) {
    throw new AnswerFault(
      `"protocol" takes a subprotocol that the client offers, got ${JSON.stringify(protocol)}`,
    )
  }
  if (state !== undefined) data.state = asObject(state)
  if (user !== undefined) data.user = user ?? undefined
  if (info !== undefined) data.info = info
  data.groups = [...new Set([...data.groups.filter(staying(answer)), ...join])]
  if (protocol !== undefined) data.protocol = protocol
}

/** Lays an answer over `data`, from which the gateway sends afterwards: to those who belong together by then. */
export function applyAnswer(
  answer: Answer,
  data: ListenerData,
  side: Pick<ListenerSide, 'send' | 'close'>,
): void {
  const { send = [], close = [], message, encoding, connections, groups, users, except } = answer
  if (data.conn !== undefined) applyToConnection(answer, data.conn)
  for (const one of send) {
    side.send(decoded(one.message, one.encoding), typeof one.to === 'string' ? [one.to] : one.to)
  }
  if (Object.hasOwn(answer, 'message')) data.message = decoded(message, encoding)
  if (connections !== undefined) data.connections = connections
  if (groups !== undefined) data.groups = groups
  if (users !== undefined) data.users = users
  if (except !== undefined) data.except = except
  if (close.length === 0) return
  // In the next turn: what this answer sends is queued in this one, and goes out before the close frame.
  setImmediate(() => {
    for (const one of close) {
      const { id, code, reason } = typeof one === 'string' ? { id: one } : one
      side.close(id, code, reason)
    }
  })
}

function applyToConnection(answer: Answer, conn: Connection): void {
  const { state, user, info, join = [] } = answer
  if (state !== undefined) conn.state = asObject(state)
  const stays = staying(answer)
  for (const group of conn.groups) if (!stays(group)) conn.leave(group)
  // Nobody is to be seen with another one's info, not even for a moment.
  if (info !== undefined && user !== undefined && user !== conn.user) conn.user = undefined
  if (info !== undefined) conn.info = info
  if (user !== undefined) conn.user = user
  for (const group of join) conn.join(group)
}

/** Tells which of its groups a connection stays in. One that is left and joined is not left. */
function staying({ join, leave }: Answer): (group: string) => boolean {
  const joined = new Set(join)
  const left = new Set(leave)
  return group => joined.has(group) || !left.has(group)
}

/** PHP and Lua write an empty object as an empty array. */
function asObject(state: NonNullable<Answer['state']>): State {
  return Array.isArray(state) ? {} : state
}

function decoded(message: unknown, encoding: 'base64' | undefined): unknown {
  return encoding === undefined ? message : fromBase64(message)
}
