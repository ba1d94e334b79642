/** What the command lines of the benchmarks have in common. */

/**
 * Reads a number.
 * @throws an Error when it is none, or out of bounds
 */
export function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!(value >= least && value <= most)) throw new Error(`${option} takes ${least} to ${most}, got ${text}`)
  return value
}

/**
 * Reads a list of names.
 * @throws an Error when one is unknown
 */
export function pick<N extends string>(
  option: string,
  list: string,
  known: Readonly<Record<N, unknown>>,
): N[] {
  return list.split(',').map(name => {
    if (Object.hasOwn(known, name)) return name as N
    throw new Error(`${option} takes ${Object.keys(known).join(', ')}, got ${name}`)
  })
}
