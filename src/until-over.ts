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
