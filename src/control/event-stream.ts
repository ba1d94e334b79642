/** Server-sent events (the HTML standard's §9.2) to one caller, who may read slowly. */
import type { ServerResponse } from 'node:http'

/** What may wait for a caller that does not read; past that, events are left out. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024
/** A comment in this time, so that proxies do not take the connection for dead, and the caller sees that it lives. */
const COMMENT_EVERY_MS = 15_000
/** A caller that has read nothing between so many comments, though something waits for it, has gone. */
const PATIENT_COMMENTS = 4

export class EventStream {
  /** Aborted when the caller has gone, or the server ends. */
  readonly signal: AbortSignal
  readonly #response: ServerResponse
  readonly #timer: NodeJS.Timeout
  #leftOut = 0
  /** How many bytes the system had taken at the last comment, and for how many comments it has been so. */
  #taken = 0
  #stuck = 0

  /**
   * @param response nothing of it has been sent yet
   * @param commentEveryMs see there
   */
  constructor(response: ServerResponse, commentEveryMs = COMMENT_EVERY_MS) {
    this.#response = response
    const gone = new AbortController()
    this.signal = gone.signal
    const { socket } = response.req
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx would collect it otherwise.
      'X-Accel-Buffering': 'no',
    })
    response.flushHeaders()
    this.#timer = setInterval(() => this.#comment(), commentEveryMs).unref()
    const over = (): void => {
      clearInterval(this.#timer)
      socket.off('close', over)
      gone.abort()
    }
    response.once('close', over)
    // An answer that waits behind another one of the same connection does not close when that breaks off.
    if (socket.destroyed) over()
    else socket.once('close', over)
  }

  /**
   * Sends an event. It is left out when the caller is gone, or reads so slowly that too much waits for it.
   * @param data goes as its JSON text, which has no line feed
   * @returns whether it is sent
   */
  send(event: string, data: unknown): boolean {
    const response = this.#response
    if (this.signal.aborted || response.writableEnded) return false
    if (response.writableLength > MOST_WAITING_BYTES) {
      this.#leftOut++
      return false
    }
    if (this.#leftOut > 0) {
      response.write(text('dropped', { count: this.#leftOut }))
      this.#leftOut = 0
    }
    response.write(text(event, data))
    return true
  }

  #comment(): void {
    const { socket } = this.#response.req
    const taken = socket.bytesWritten - socket.writableLength
    this.#stuck = socket.writableLength > 0 && taken === this.#taken ? this.#stuck + 1 : 0
    this.#taken = taken
    if (this.#stuck >= PATIENT_COMMENTS) socket.destroy()
    else this.#response.write(': \n\n')
  }

  /** Ends the stream, after what has been sent. */
  end(): void {
    clearInterval(this.#timer)
    this.#response.end()
  }
}

function text(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
