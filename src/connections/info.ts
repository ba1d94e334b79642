/** What others may see of a connection's user: a small JSON value. */

/** The longest JSON text, in bytes: it is kept at each node, for each group that the user is in. */
export const LONGEST_INFO = 4096

/**
 * @param name what holds it, for the message of the error
 * @returns the value's JSON text, or undefined for none
 * @throws TypeError for a value without JSON text, RangeError for one that is too large
 */
export function readInfo(info: unknown, name = 'conn.info'): string | undefined {
  if (info === undefined || info === null) return undefined
  const text: string | undefined = JSON.stringify(info)
  if (text === undefined) throw new TypeError(`${name} takes a JSON value, got a ${typeof info}`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= LONGEST_INFO) return text
  throw new RangeError(`${name} takes a JSON value of at most ${LONGEST_INFO} bytes, got ${bytes}`)
}
