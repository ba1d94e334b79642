/** The body of the request that tells the application of an event. */
import { toBase64 } from '../../base64.ts'
import type { CloseData, Connection, GroupData, HandshakeData, ListenerData } from '../types.ts'
import type { RequestOf } from './schema.ts'

type Conn = RequestOf<'message'>['conn']

export function handshakeBody(gateway: string, data: HandshakeData): RequestOf<'handshake'> {
  const { id, request, claims, user, groups, state } = data
  const { ip, path, query, secure, headers, cookies, protocols } = request
  return {
    event: 'handshake',
    gateway,
    conn: {
      ...{ id, ip, path, query, ...whoever({ user, claims }), groups, state },
      ...{ secure, protocols: [...protocols], headers: given(headers), cookies: given(cookies) },
    },
  }
}

export function openBody(gateway: string, conn: Connection): RequestOf<'open'> {
  const { secure, protocol, headers, cookies } = conn.request
  return {
    event: 'open',
    gateway,
    conn: { ...connOf(conn), secure, protocol, headers: given(headers), cookies: given(cookies) },
  }
}

export function messageBody(gateway: string, conn: Connection, message: unknown): RequestOf<'message'> {
  return { event: 'message', gateway, conn: connOf(conn), ...written(message) }
}

export function closeBody(gateway: string, { conn, code, reason }: CloseData): RequestOf<'close'> {
  return { event: 'close', gateway, conn: connOf(conn), code, reason }
}

export function pushBody(gateway: string, { message, ...further }: ListenerData): RequestOf<'push'> {
  return { ...(further as object), event: 'push', gateway, ...written(message) }
}

export function presenceBody<E extends 'group-join' | 'group-leave'>(
  event: E,
  gateway: string,
  { group, user, info }: GroupData,
) {
  return { event, gateway, group, user, ...(info !== undefined && { info: info as unknown }) }
}

/** Why a push cannot be told: it has keys that are the request's own. */
export function pushFault(data: ListenerData): string | undefined {
  const taken = ['event', 'gateway'].filter(key => Object.hasOwn(data, key)).map(key => `"${key}"`)
  if (taken.length === 0) return undefined
  return `a push has no ${taken.join(' and ')} of its own: the request to the application has`
}

function connOf({ id, request, user, info, claims, groups, state }: Connection): Conn {
  const { ip, path, query } = request
  return { id, ip, path, query, ...whoever({ user, info, claims }), groups: [...groups], state }
}

function whoever({
  user,
  info,
  claims,
}: Partial<Pick<Connection, 'user' | 'info' | 'claims'>>): Pick<Conn, 'user' | 'info' | 'claims'> {
  return {
    ...(user !== undefined && { user }),
    ...(info !== undefined && { info: info as unknown }),
    ...(claims !== undefined && { claims }),
  }
}

/** Only those that are there. */
function given<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const entries = Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}

/** JSON has no bytes: they go as base64. */
function written(message: unknown): { message: string; encoding?: 'base64' } {
  if (message instanceof Uint8Array) {
    return { message: toBase64(message), encoding: 'base64' }
  }
  // A client's message is a text; a push's may be any JSON value.
  return { message: message as string }
}
