/** Anything can be thrown: makes an error and a text of it that are safe to log. */
import { inspect, types } from 'node:util'

/** The error itself, or one that shows what was thrown in its place. */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown
  const error = new Error(`${textOf(thrown)} was thrown, which is no Error`)
  // Where it was thrown is not known; where it was caught would mislead.
  error.stack = `Error: ${error.message}`
  return error
}

/** What it says, in a line or few. */
export function messageOf(thrown: unknown): string {
  if (!isError(thrown)) return textOf(thrown)
  return thrown.name === 'Error' || thrown.message === '' ? thrown.message || thrown.name : `${thrown}`
}

/** Errors of other realms count too (`vm`, jsdom). */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

function textOf(thrown: unknown): string {
  try {
    // Not deeper: what was thrown may hold a request, and that a token.
    return inspect(thrown, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
  } catch {
    return 'a value that cannot be shown'
  }
}
