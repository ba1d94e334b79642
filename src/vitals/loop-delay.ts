/** How late the event loop has been: what everybody waits for while something blocks it. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopDelay } from './process-vitals.ts'

/** How often a timer looks. Its interval is part of what it measures, and is taken off. */
const LOOK_MS = 20

export class LoopDelayMeter {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOK_MS })

  start(): void {
    this.#histogram.enable()
  }

  /** The delay since the last call. */
  take(): LoopDelay {
    const histogram = this.#histogram
    const delay = {
      p50: ms(histogram.percentile(50)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
    }
    histogram.reset()
    return delay
  }
}

/** To hundredths. An empty histogram has nothing to say. */
function ms(nanoseconds: number): number {
  const delay = nanoseconds / 1e6 - LOOK_MS
  return delay > 0 && Number.isFinite(delay) ? Math.round(delay * 100) / 100 : 0
}
