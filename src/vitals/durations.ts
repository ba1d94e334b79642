/** How long something took, as a histogram whose counts cost next to nothing to keep. */

/** The upper bounds of its classes, in seconds. What took longer than the last one has a class of its own. */
export const BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

export class Durations {
  readonly bounds = BOUNDS
  /** How many were in each class, not added up; one more than there are bounds. */
  readonly counts: number[] = new Array(BOUNDS.length + 1).fill(0)
  /** All of them together, in seconds. */
  sum = 0
  count = 0

  /** @param ms how long it took, in milliseconds */
  add(ms: number): void {
    const seconds = ms / 1000
    let at = 0
    // Most take no time at all, so the first comparison is mostly the only one.
    while (at < BOUNDS.length && seconds > (BOUNDS[at] ?? Infinity)) at++
    this.counts[at] = (this.counts[at] ?? 0) + 1
    this.sum += seconds
    this.count++
  }
}
