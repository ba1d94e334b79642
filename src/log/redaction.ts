/** What may get into a log by accident, and must not stand in a log: tokens, which are in queries and in headers. */
import { types } from 'node:util'

const names = [
  'authorization',
  'cookie',
  'cookies',
  'query',
  'token',
  'protocols',
  '["sec-websocket-protocol"]',
]

/** For pino: these keys, at the top of a line's fields, in `headers` or `request`, and one level further down. */
export const redacted = {
  paths: names.flatMap(name =>
    ['', 'headers', 'request', 'request.headers', '*', '*.headers', '*.request', '*.request.headers'].map(
      above => (above === '' ? name : name.startsWith('[') ? `${above}${name}` : `${above}.${name}`),
    ),
  ),
  censor: '[redacted]',
}

/** How deep an error's causes are followed. */
const CAUSES = 5
/** So many of an AggregateError's are shown. */
const SEVERAL = 10

/**
 * An error for the log, with what every error has and nothing that somebody has hung on it: a listener's error may
 * carry the whole request.
 */
export function plainError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error || types.isNativeError(error)))
    return typeof error === 'object' && error !== null ? fields(error) : error
  const { message, stack, cause } = error
  const code = 'code' in error && isPlain(error.code) ? { code: error.code } : {}
  const several = 'errors' in error && Array.isArray(error.errors) ? error.errors.slice(0, SEVERAL) : []
  const errors = several.length === 0 ? {} : { errors: several.map(one => plainError(one, depth + 1)) }
  const deeper = cause === undefined || depth === CAUSES ? {} : { cause: plainError(cause, depth + 1) }
  return { type: error.constructor.name, message, ...code, stack, ...deeper, ...errors }
}

/** Of what was thrown and is no error, the members that are no objects. */
function fields(thrown: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(thrown).filter(([, value]) => isPlain(value)))
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number'
}

/** A line without JSON Web Tokens, wherever they have come from: a client's message, an error's text. */
export function withoutTokens(line: string): string {
  return line.includes('eyJ') ? line.replace(/eyJ[\w-]{4,}\.[\w-]{2,}\.[\w-]*/g, '[redacted token]') : line
}
