/** How the process is. */

/** How late the event loop has been in one second, in milliseconds. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What `GET /status` says of the process, of the last second. */
export interface ProcessVitals {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** How many processor cores it has kept busy. */
  readonly cpu: number
  readonly loopDelayMs: LoopDelay
}

export function processVitals(cpu: number, loopDelayMs: LoopDelay): ProcessVitals {
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapUsedBytes: heapUsed, cpu, loopDelayMs }
}
