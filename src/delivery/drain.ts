/**
 * Backpressure for those who push faster than clients read: wait for the healthy, never for the stalled.
 */

/** A recipient, as this sees it. */
export interface Drainable {
  /** Bytes that the kernel has not taken yet. */
  readonly bufferedBytes: number
  /** Bytes that it has taken since the connection opened. */
  readonly takenBytes: number
}

/** A recipient with more than this unsent is waited for. */
const HIGH_BYTES = 256 * 1024
/** One that has taken nothing for so long is stalled. */
const STALLED_AFTER_MS = 300
const LOOK_EVERY_MS = 5

interface Progress {
  taken: number
  since: number
}

export class Drain {
  readonly #progress = new WeakMap<Drainable, Progress>()

  /** True when one of the recipients should be waited for. */
  congested(recipients: Iterable<Drainable>): boolean {
    const now = performance.now()
    let wait = false
    for (const recipient of recipients) {
      if (recipient.bufferedBytes <= HIGH_BYTES) continue
      const taken = recipient.takenBytes
      const last = this.#progress.get(recipient)
      if (last === undefined) this.#progress.set(recipient, { taken, since: now })
      else if (taken > last.taken) {
        last.taken = taken
        last.since = now
      } else if (now - last.since > STALLED_AFTER_MS) continue
      wait = true
    }
    return wait
  }

  /** Resolves when those recipients that still read have read enough. */
  async wait(recipients: Iterable<Drainable>): Promise<void> {
    while (this.congested(recipients)) await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
