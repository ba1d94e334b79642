/** A value, and those who want to know of each new one. */
export class Observable<T> {
  #value: T
  readonly #watchers = new Set<(value: T) => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    for (const watcher of this.#watchers) watcher(value)
  }

  /** Calls at once with the value there is, and with each new one until the signal is aborted. */
  watch(signal: AbortSignal, watcher: (value: T) => void): void {
    if (signal.aborted) return
    this.#watchers.add(watcher)
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true })
    watcher(this.#value)
  }
}
