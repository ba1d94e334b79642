/** Sizes in bytes, for people. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/**
 * A size in the unit in which it is read best. A kB has 1000 bytes.
 * @param next from so many of a unit on it is told in the next one
 */
export function inUnits(bytes: number, next = 1000): readonly [amount: number, unit: string] {
  let amount = bytes
  let unit = 0
  while (amount >= next && unit < UNITS.length - 1) {
    amount /= 1000
    unit++
  }
  return [amount, UNITS[unit] ?? '']
}
