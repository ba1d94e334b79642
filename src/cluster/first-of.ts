/**
 * The first of many by their names, in order. A page of a million groups must not hold the loop up: only as many as fit
 * on it are ever sorted.
 * @param after the name behind which they begin; undefined begins with the first
 * @param most at least 1
 */
export function firstOf<T>(
  all: Iterable<T>,
  nameOf: (one: T) => string,
  after: string | undefined,
  most: number,
): T[] {
  const byName = (a: T, b: T): number => (nameOf(a) < nameOf(b) ? -1 : 1)
  const first: T[] = []
  /** The last one of those that fit so far. */
  let end: string | undefined
  for (const one of all) {
    const name = nameOf(one)
    if ((after !== undefined && name <= after) || (end !== undefined && name > end)) continue
    first.push(one)
    if (first.length < 2 * most) continue
    first.sort(byName).splice(most)
    end = first.map(nameOf).at(-1)
  }
  return first.sort(byName).slice(0, most)
}
