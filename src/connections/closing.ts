/**
 * Sees to it that what closes is gone soon. A client that does not answer a close frame, or that has stopped
 * reading, would hold its connection for long (ws waits 30 s): it is terminated after a second without
 * progress. One that still takes what is queued for it keeps its time.
 */

/** A closing connection, as this sees it. */
export interface Closing {
  /** Bytes that the peer has not taken yet: while they get fewer, there is progress. */
  readonly bufferedBytes: number
  terminate(): void
}

const GRACE_MS = 1000
const LOOK_EVERY_MS = 100

export class ClosingWatch {
  readonly #closing = new Map<Closing, { buffered: number; since: number }>()
  #timer: NodeJS.Timeout | undefined

  add(connection: Closing): void {
    this.#closing.set(connection, { buffered: connection.bufferedBytes, since: performance.now() })
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  remove(connection: Closing): void {
    this.#closing.delete(connection)
    if (this.#closing.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    for (const [connection, last] of this.#closing) {
      const buffered = connection.bufferedBytes
      if (buffered < last.buffered) {
        last.buffered = buffered
        last.since = now
      } else if (now - last.since >= GRACE_MS) {
        this.remove(connection)
        connection.terminate()
      }
    }
  }
}
