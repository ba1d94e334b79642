/** What a handshake asked for, as the listener sees it. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parseCookie } from 'cookie'
import { plainAddress, type TrustedProxies } from '../admission/networks.ts'
import { commaList } from '../comma-list.ts'
import type { ConnectionRequest } from '../listener/types.ts'

/** What is kept of a request for as long as its connection lives. */
export class ClientRequest implements ConnectionRequest {
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly ip: string
  readonly secure: boolean
  /** The subprotocol that was agreed on. */
  protocol = ''

  constructor(request: IncomingMessage, proxies: TrustedProxies) {
    const { path, query } = splitTarget(request.url ?? '/')
    const { headers, socket } = request
    this.path = path
    this.query = query
    this.headers = headers
    const { ip, secure } = proxies.origination(
      plainAddress(socket.remoteAddress),
      'encrypted' in socket && socket.encrypted === true,
      headers['x-forwarded-for'],
      headers['x-forwarded-proto'],
    )
    this.ip = ip
    this.secure = secure
  }

  get cookies(): Record<string, string | undefined> {
    return parseCookie(this.headers.cookie ?? '')
  }

  /** The subprotocols that the client offers, in its order (RFC 6455 §1.9). */
  get offered(): string[] {
    const header = this.headers['sec-websocket-protocol']
    return header === undefined ? [] : commaList(header)
  }
}

/** Splits a request target (RFC 9112 §3.2), in origin form or absolute form, into its path and its raw query. */
export function splitTarget(target: string): { path: string; query: string } {
  const origin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = origin.indexOf('?')
  const path = mark === -1 ? origin : origin.slice(0, mark)
  return { path: path || '/', query: mark === -1 ? '' : origin.slice(mark + 1) }
}
