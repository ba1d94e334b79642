/** Asking again and again, as long as somebody looks. */

/** In milliseconds. */
export const LIVE_MS = 2000

/**
 * Calls a task at once and then so long after it has ended, while the page is visible, until the signal is aborted.
 * @param task deals with its own faults
 * @returns a function that has it called at once; while it runs, once more after that
 */
export function poll(signal: AbortSignal, everyMs: number, task: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false
  let isWanted = false
  const run = async (): Promise<void> => {
    clearTimeout(timer)
    if (signal.aborted) return
    if (isRunning) {
      isWanted = true
      return
    }
    isRunning = true
    isWanted = false
    try {
      await task()
    } finally {
      isRunning = false
    }
    if (isWanted) void run()
    else if (!signal.aborted && !document.hidden) timer = setTimeout(run, everyMs)
  }
  document.addEventListener('visibilitychange', () => void (document.hidden || run()), { signal })
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  void run()
  return () => void run()
}
