/**
 * Keeps V8's young generation from growing past what it had up to Node 20. From Node 22 on it may take 128 MB,
 * and in a process that lives for months it does, whatever it is used for; the gateway gains nothing from that.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Both halves together. */
const LIMIT_BYTES = 32 * 2 ** 20
const CHECK_MS = 250

/** Does nothing when the operator has set a size (`--max-semi-space-size`). */
export function limitYoungGeneration(): void {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  if (/semi[-_]space/.test(given)) return
  let isLimited = false
  setInterval(() => {
    const size = getHeapSpaceStatistics().find(space => space.space_name === 'new_space')?.space_size ?? 0
    // When it has shrunk, which V8 does in idle times, it may grow again.
    const shouldLimit = size >= (isLimited ? LIMIT_BYTES / 4 : LIMIT_BYTES)
    if (shouldLimit === isLimited) return
    isLimited = shouldLimit
    setFlagsFromString(`--semi-space-growth-factor=${isLimited ? 1 : 2}`)
  }, CHECK_MS).unref()
}
