/** Reading a request's body, with bounds. */
import type { IncomingMessage } from 'node:http'
import { depthFault } from '../json-depth.ts'
import { Problem } from '../problem.ts'

/**
 * Reads a whole body.
 * @param limit in bytes; a longer body is refused before it is held in memory
 * @param hint what the one who is refused should know
 * @throws Problem 413
 */
export async function readBody(request: IncomingMessage, limit: number, hint = ''): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > limit) throw tooLarge(declared, limit, hint)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of whole(request)) {
    bytes += chunk.length
    if (bytes > limit) throw tooLarge(bytes, limit, hint)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * The lines of a body as they arrive, without their line feeds; a last line without one counts.
 * @param limit the longest line, in bytes
 * @throws Problem 413 for a longer line, once those before it have been given
 */
export async function* readLines(request: IncomingMessage, limit: number): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const chunk of whole(request)) {
    const lines: Buffer[] = []
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end))
      restBytes += end - from
      if (restBytes > limit) break
      lines.push(rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest))
      rest = []
      restBytes = 0
      from = end + 1
    }
    if (lines.length > 0) yield lines
    if (restBytes + chunk.length - from > limit) throw lineTooLong(limit)
    if (from < chunk.length) {
      // A copy, since a small rest would otherwise keep the whole chunk alive.
      rest.push(Buffer.from(chunk.subarray(from)))
      restBytes += chunk.length - from
    }
  }
  if (restBytes > 0) yield [Buffer.concat(rest)]
}

/** The chunks of a body. Leaving the loop early leaves the request open, so that an answer can be given. */
function whole(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads JSON text.
 * @throws Problem 400 that says why it is none
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = utf8.decode(bytes)
    const fault = depthFault(text)
    if (fault !== undefined) throw new Problem(400, fault)
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof Problem) throw error
    const why = error instanceof SyntaxError ? error.message : 'it is no UTF-8 text'
    throw new Problem(400, `this is no JSON: ${why}`)
  }
}

function tooLarge(bytes: number, limit: number, hint: string): Problem {
  return new Problem(413, `the body has ${bytes} bytes or more, and ${limit} are allowed${hint}`)
}

function lineTooLong(limit: number): Problem {
  return new Problem(
    413,
    `a line has more than the ${limit} bytes that are allowed (see WS_MAX_PAYLOAD_BYTES)`,
  )
}
