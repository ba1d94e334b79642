/** What the errors of sockets, TLS and undici mean for an event. */
import { messageOf } from '../thrown.ts'
import { ReplyFault, Unreachable } from './faults.ts'

/** By these, nobody has taken the connection. While a container is made again, its name is not known. */
const ABSENT = [
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** What speaks no HTTP will not do so the next time either. Everything else may be better in a moment. */
export function networkFault(error: Error & { code?: string; errors?: unknown }): Error {
  // With several addresses of a name, each has an error of its own, and the text of all is empty.
  const [first] = Array.isArray(error.errors) ? error.errors : []
  const text = error.message === '' && first !== undefined ? messageOf(first) : error.message
  const [said = ''] = (text === '' ? (error.code ?? 'it cannot be reached') : text).split('\n')
  if (isNoHttp(error)) return new ReplyFault(`the answer is no HTTP/1.1: ${said}`)
  return new Unreachable(inWords(said), ABSENT.includes(error.code ?? ''), error)
}

/** Where the library's words would not help. */
function inWords(text: string): string {
  if (text === 'other side closed') return 'it closed the connection without an answer'
  // OpenSSL's: error:CODE:SSL routines:FUNCTION:REASON:FILE:LINE
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(text)?.[1]
  return reason === undefined ? text : `TLS failed (${reason}); does it speak http: there?`
}

/** What undici says of an answer that it cannot read. */
function isNoHttp({ name, code = '', message }: Error & { code?: string }): boolean {
  // The connection has ended before its answer did, as the application's own end does it.
  if (message.includes('(Invalid EOF state)')) return false
  if (name === 'HTTPParserError' || name === 'AssertionError' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return true
  return code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)/.test(message)
}
