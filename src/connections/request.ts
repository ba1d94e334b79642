/** What a handshake asked for, as the listener sees it. */
import type { IncomingMessage } from 'node:http'
import type { ConnectionRequest } from '../listener/types.ts'

/** Takes from a request what is kept of it for as long as the connection lives. */
export function connectionRequest(request: IncomingMessage, protocol: string): ConnectionRequest {
  const { path, query } = splitTarget(request.url ?? '/')
  return { path, query, headers: request.headers, ip: plainAddress(request.socket.remoteAddress), protocol }
}

/** Splits a request target (RFC 9112 §3.2), in origin form or absolute form, into its path and its raw query. */
export function splitTarget(target: string): { path: string; query: string } {
  const origin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = origin.indexOf('?')
  const path = mark === -1 ? origin : origin.slice(0, mark)
  return { path: path || '/', query: mark === -1 ? '' : origin.slice(mark + 1) }
}

/** An IPv4 address that a dual-stack socket gives as `::ffff:127.0.0.1` is written plainly. */
export function plainAddress(address: string | undefined): string {
  return address === undefined ? '' : address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
