/** What RFC 6455 asks of a client's handshake, in so far as neither node:http nor ws sees to it. */
import type { IncomingMessage } from 'node:http'

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const EXTENSION = `${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|"${TOKEN}"))?)*`
/** The grammar of Sec-WebSocket-Extensions (RFC 6455 §9.1). */
const EXTENSIONS = new RegExp(`^${EXTENSION}(?:[ \\t]*,[ \\t]*${EXTENSION})*$`)
const VERSIONS = ['13', '8']

const PROTOCOL = new RegExp(`^${TOKEN}$`)

/** RFC 6455 §4.1 (10): names, each once. */
function areProtocols(header: string): boolean {
  const names = header.split(',').map(name => name.trim())
  return names.every(name => PROTOCOL.test(name)) && new Set(names).size === names.length
}

/** What is wrong with a handshake that ws would let through (RFC 6455 §4.2.1, §9.1), or undefined. */
export function handshakeFault({ httpVersion, headers }: IncomingMessage): string | undefined {
  if (httpVersion !== '1.1') return 'a WebSocket handshake takes HTTP/1.1'
  if (headers.host === undefined) return 'the Host header is missing'
  const { 'sec-websocket-extensions': extensions, 'sec-websocket-version': version = '' } = headers
  if (extensions !== undefined && !EXTENSIONS.test(extensions)) return 'Sec-WebSocket-Extensions is malformed'
  if (headers['sec-websocket-protocol'] !== undefined && !areProtocols(headers['sec-websocket-protocol'])) {
    return 'Sec-WebSocket-Protocol takes a list of different tokens'
  }
  // ws reads it as a number.
  if (!VERSIONS.includes(version) && VERSIONS.includes(String(Number(version)))) {
    return 'Sec-WebSocket-Version takes 13'
  }
  return undefined
}

/** Whether ws would take the handshake (RFC 6455 §4.2.1); if not, ws itself says best what is wrong. */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    VERSIONS.includes(headers['sec-websocket-version'] ?? '') &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  )
}
