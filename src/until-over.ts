/** Waits that a signal ends. */
import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a promise, but no longer than until a signal. @returns undefined when the signal was first */
export async function untilOver<T>(promise: Promise<T>, over: AbortSignal): Promise<T | undefined> {
  let end = (): void => undefined
  const ended = new Promise<undefined>(resolve => {
    end = () => resolve(undefined)
  })
  if (over.aborted) end()
  over.addEventListener('abort', end)
  try {
    return await Promise.race([promise, ended])
  } finally {
    over.removeEventListener('abort', end)
  }
}

/** Waits so many milliseconds, but no longer than until a signal. */
export async function pauseUntilOver(ms: number, over: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: over })
  } catch (error) {
    if (!over.aborted) throw error
  }
}
