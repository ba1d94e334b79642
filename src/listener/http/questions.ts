/** What the application is asked about each event, and who or what waits for its answer. */
import type { CloseData, Connection, GroupData, HandshakeData, ListenerData } from '../types.ts'
import type { Question } from './asking.ts'
import { closeBody, handshakeBody, messageBody, openBody, presenceBody, pushBody } from './request-body.ts'

/** What a handshake that waits holds in memory: its headers, about. */
const HANDSHAKE_BYTES = 4096

/** @param gone aborted when the client does not wait any longer */
export function aboutHandshake(gateway: string, data: HandshakeData, gone: AbortSignal): Question {
  return {
    kind: 'handshake',
    bytes: HANDSHAKE_BYTES,
    isPatient: false,
    isHeld: () => false,
    gone,
    body: () => JSON.stringify(handshakeBody(gateway, data)),
  }
}

export function aboutOpen(gateway: string, conn: Connection): Question {
  return ofConnection(conn, 0, () => openBody(gateway, conn))
}

export function aboutMessage(gateway: string, conn: Connection, message: string | Buffer): Question {
  const bytes = typeof message === 'string' ? 2 * message.length : message.length
  return ofConnection(conn, bytes, () => messageBody(gateway, conn, message))
}

export function aboutClose(gateway: string, data: CloseData): Question {
  return ofConnection(data.conn, 0, () => closeBody(gateway, data))
}

export function aboutPush(gateway: string, data: ListenerData): Question {
  return { ...ofItsOwn(pushBody(gateway, data)), kind: 'push', isPatient: false }
}

/** Nobody waits for it, and it waits for as long as others are being answered. */
export function aboutPresence(
  event: 'group-join' | 'group-leave',
  gateway: string,
  data: GroupData,
): Question {
  return { ...ofItsOwn(presenceBody(event, gateway, data)), kind: 'presence', isPatient: true }
}

/** What no open socket stands behind. */
function ofItsOwn(body: object): Pick<Question, 'bytes' | 'isHeld' | 'body'> {
  // Made at once, since nothing else tells how much it is; beside it there is what it was made of.
  const text = JSON.stringify(body)
  return { bytes: 3 * text.length, isHeld: () => false, body: () => text }
}

function ofConnection(conn: Connection, bytes: number, body: () => object): Question {
  return {
    kind: 'connection',
    bytes,
    isPatient: true,
    isHeld: () => conn.isOpen,
    body: () => JSON.stringify(body()),
  }
}
