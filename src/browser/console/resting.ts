/** A tab that nobody looks at gives its streams back: a browser has six connections to a host for all of its tabs. */

/** In milliseconds. */
const HIDDEN_MS = 15_000

/**
 * Watches over a tab until the signal is aborted.
 * @param rest called when nobody has looked for so long
 * @param goOn called when somebody looks again after that
 */
export function restWhenHidden(signal: AbortSignal, rest: () => void, goOn: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isResting = false
  const look = (): void => {
    clearTimeout(timer)
    if (document.hidden) {
      timer = setTimeout(() => {
        isResting = true
        rest()
      }, HIDDEN_MS)
    } else if (isResting) {
      isResting = false
      goOn()
    }
  }
  document.addEventListener('visibilitychange', look, { signal })
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  // A tab may be opened behind another one.
  look()
}
