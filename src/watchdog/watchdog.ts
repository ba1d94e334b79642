/**
 * Notices that the event loop is stuck, which the loop itself cannot: a thread beside it (`thread.ts`) watches a count
 * that only a running loop goes on with.
 */
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../log.ts'

export interface WatchdogOptions {
  readonly gatewayId: string
  /** The folder that holds WebSocket.log. */
  readonly logDir: string
  /** After so long the process ends with exit code 70; 0 is never. */
  readonly stuckMs: number
  readonly log: Logger
}

/** What the thread is told when it starts. */
export interface ThreadData {
  readonly beats: Int32Array<SharedArrayBuffer>
  readonly gatewayId: string
  readonly logFile: string
  readonly isSilent: boolean
  readonly tellAfterMs: number
  readonly endAfterMs: number
}

/** A loop that stands still for so long is said to be stuck. */
const TELL_AFTER_MS = 2000
const BEAT_MS = 100

/** Starts to watch; for as long as the process lives, and never longer. */
export function watchEventLoop({ gatewayId, logDir, stuckMs, log }: WatchdogOptions): void {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const data: ThreadData = {
    beats,
    gatewayId,
    logFile: resolve(logDir, 'WebSocket.log'),
    isSilent: !log.isLevelEnabled('error'),
    tellAfterMs: stuckMs === 0 ? TELL_AFTER_MS : Math.min(TELL_AFTER_MS, stuckMs),
    endAfterMs: stuckMs,
  }
  const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js'
  const thread = new Worker(new URL(file, import.meta.url), {
    workerData: data,
    name: 'watchdog',
    // It looks at a number; what it needs for that is little.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  })
  thread.unref()
  thread.on('error', error =>
    log.error({ event: 'error', err: error }, 'nobody watches the event loop any more'),
  )
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref()
}
