/** Notices that a newer version was saved while an older one is still in its `onLoad`. */
import { takeFingerprint } from './fingerprint.ts'
import { ListenerLoadError } from './listener.ts'
import { DOUBT_MS } from './settle.ts'
import { type Snapshot, sameContent } from './snapshot.ts'

/** An `onLoad` may take its time; after this long, a newer version may end the wait for it. */
const GRACE_MS = 1000
const CHECK_MS = 100

/**
 * Runs a load with a signal that is aborted when what it has read is out of date and the newer content has
 * settled. So a hanging `onLoad` that is mended need not run out of its time, and continuous saving still
 * cannot keep a slow one from coming into use.
 */
export async function unlessNewer<T>(
  root: string,
  snapshot: () => Snapshot,
  load: (newer: AbortSignal) => Promise<T>,
): Promise<T> {
  const newer = new AbortController()
  // As long as it is this one, what is loaded is still being compiled, and what is read for that is not known.
  const before = snapshot()
  let done = false
  let last = ''
  let since = 0
  let timer = setTimeout(check, GRACE_MS).unref()

  async function check(): Promise<void> {
    const read = snapshot()
    const { text, gone } = await takeFingerprint(root, read)
    if (text !== last) since = performance.now()
    last = text
    const settled = performance.now() - since >= DOUBT_MS
    if (settled && !gone && read !== before && !(await sameContent(root, read))) {
      newer.abort(new ListenerLoadError('a newer version was saved before onLoad was done'))
    } else if (!done) {
      timer = setTimeout(check, CHECK_MS).unref()
    }
  }

  try {
    return await load(newer.signal)
  } finally {
    done = true
    clearTimeout(timer)
  }
}
