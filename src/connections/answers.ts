/** HTTP answers of the public port, also on a socket that node:http has let go of. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Problem } from '../problem.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How long a client that is refused for lack of room should wait, in seconds. */
const RETRY_AFTER = '1'

/** The answer that a refused client gets. */
export function problemAnswer(problem: Problem): Answer {
  const { status } = problem
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...((status === 429 || status === 503) && { 'Retry-After': RETRY_AFTER }),
      // RFC 9110 §15.5.2: a 401 says how to authenticate.
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    },
    body: JSON.stringify(problem),
  }
}

/** How long a refused client may take to read its answer; nobody else watches over its socket any more. */
const READ_WITHIN_MS = 1000

/** Sees to it that a socket which is being refused is gone soon. */
export function destroyLater(socket: Duplex): void {
  const late = setTimeout(() => socket.destroy(), READ_WITHIN_MS).unref()
  socket.once('close', () => clearTimeout(late))
}

/**
 * Answers on a socket that node:http has let go of, and closes it.
 * @param method the request's: the answer to HEAD has no body
 */
export function refuse(socket: Duplex, { status, headers, body }: Answer, method?: string): void {
  const all = {
    ...headers,
    ...lengthOf({ status, body }),
    Connection: status === 426 ? 'Upgrade, close' : 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once('finish', () => socket.destroy())
  destroyLater(socket)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : body}`,
  )
}

/** The length of an answer; one that says that nothing is new has none (RFC 9110 §8.6). */
export function lengthOf({ status, body }: Pick<Answer, 'status' | 'body'>): Record<string, number> {
  return status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }
}
