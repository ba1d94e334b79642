/** For what must be quick, on a machine that may do something else at any moment. */

/**
 * The shortest of up to three tries: what is slow by itself is slow each time.
 * @param limitMs a try that took less is the last one
 * @param once one try, by its number from 0 on, which gives how long it took in milliseconds
 */
export async function quickest(limitMs: number, once: (n: number) => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3 && best >= limitMs; n++) best = Math.min(best, await once(n))
  return best
}
