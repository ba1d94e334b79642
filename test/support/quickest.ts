/** For what must be quick, on a machine that may do something else at any moment. */

/**
 * The least of up to three tries: what is slow by itself is slow each time.
 * @param limit a try that gave less is the last one
 * @param once one try, by its number from 0 on, which gives how long it took in milliseconds, or what else must be little
 */
export async function quickest(limit: number, once: (n: number) => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3 && best >= limit; n++) best = Math.min(best, await once(n))
  return best
}
