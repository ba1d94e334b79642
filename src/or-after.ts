/**
 * A signal that is aborted with another one, or after a time, whichever is first. It stands in for
 * `AbortSignal.any([signal, AbortSignal.timeout(ms)])`, whose timeout Node (20 to 24) forgets as soon as garbage is
 * collected: it then never comes.
 * @param ms from 0 to 2^31 - 1
 */
export function orAfter(signal: AbortSignal, ms: number): AbortSignal {
  const either = new AbortController()
  const abort = (): void => {
    clearTimeout(late)
    either.abort(signal.reason)
  }
  const late = setTimeout(() => {
    signal.removeEventListener('abort', abort)
    either.abort(new DOMException(`nothing within ${ms} ms`, 'TimeoutError'))
  }, ms).unref()
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return either.signal
}
