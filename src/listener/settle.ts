/** Waits until a save is over. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fingerprint } from './fingerprint.ts'

/** While a save is under way, the disk is looked at this often. */
export const GLANCE_MS = 20
/** A save is over when nothing has changed for so long, */
const QUIET_MS = 80
/** or, if it never is quiet, so long after its first change: a change must be in use within a second. */
const SETTLE_MS = 400
/** A file that is gone or empty may be back so soon: an editor, a checkout, a mount. */
const GONE_MS = 800
/** So often a save may begin anew after the file was gone or empty. */
const RESTARTS = 2

/** A fault is believed when nothing has changed for so long: the rest of a save may still be to come. */
export const DOUBT_MS = 400
/** So long after the first change, a version is taken even if it looks half-written. */
export const PATIENCE_MS = 600
/** When a load fails again and again while the files change, that is a fault after so long. */
export const GIVE_UP_MS = 1000

/**
 * Resolves when the save is over that began at `since`, or has taken long enough.
 * @param seen the first look at it
 * @returns when it began: later than `since` if the file was gone or empty before
 */
export async function settled(
  since: number,
  seen: Fingerprint,
  look: () => Promise<Fingerprint>,
  closed: AbortSignal,
): Promise<number> {
  let last = seen
  let quietFrom = performance.now()
  let unfinishedFrom = isUnfinished(last) ? since : undefined
  let began = since
  let restarts = 0
  for (;;) {
    await pause(GLANCE_MS)
    const next = await look()
    const now = performance.now()
    if (next.text !== last.text) quietFrom = now
    last = next
    if (isUnfinished(next)) {
      unfinishedFrom ??= now
      if (now - began >= GONE_MS) return began
    } else {
      // Only now the content begins to come. Continuous saving empties the file too, but never for long.
      if (unfinishedFrom !== undefined && now - unfinishedFrom >= QUIET_MS && restarts++ < RESTARTS)
        began = now
      unfinishedFrom = undefined
      if (now - quietFrom >= QUIET_MS || now - began >= SETTLE_MS) return began
    }
    if (closed.aborted) return began
  }
}

function isUnfinished({ empty, gone }: Fingerprint): boolean {
  return empty || gone
}

/** Waits without keeping the process alive. */
export function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false })
}
