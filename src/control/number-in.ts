/** Numbers in the query of a call. */
import { Problem } from '../problem.ts'

/**
 * A whole number of a query; the default when it is not there.
 * @throws Problem 400
 */
export function numberIn(
  query: URLSearchParams,
  name: string,
  least: number,
  { default: standard, most }: { readonly default: number; readonly most: number },
): number {
  const text = query.get(name) ?? String(standard)
  const number = Number(text)
  if (!/^\d{1,6}$/.test(text) || number < least || number > most) {
    throw new Problem(
      400,
      `${name} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
    )
  }
  return number
}
