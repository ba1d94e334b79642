/** Waits for a hook's promise, but not for ever. */

/** The promise took too long. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut'
}

export interface WaitOptions {
  /** Ends the wait early, with the signal's reason. */
  readonly signal?: AbortSignal
  /** Whether the process stays alive for it; a hook that hangs must not hold up the end of the process. */
  readonly keepsAlive?: boolean
}

/**
 * Settles with the promise, or rejects with TimedOut. What the promise does afterwards is nobody's business:
 * it never becomes an unhandled rejection.
 */
export function withinTime<T>(
  pending: PromiseLike<T>,
  ms: number,
  { signal, keepsAlive = false }: WaitOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const fail = (reason: unknown): void => {
      done()
      reject(reason)
    }
    const stop = (): void => fail(signal?.reason)
    const timer = setTimeout(() => fail(new TimedOut(`took longer than ${ms} ms`)), ms)
    if (!keepsAlive) timer.unref()
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    try {
      pending.then(value => {
        done()
        resolve(value)
      }, fail)
    } catch (error) {
      // Not each object with a `then` is a promise that keeps its word.
      fail(error)
    }
  })
}

/** May throw, as the getter of a `then` may. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
