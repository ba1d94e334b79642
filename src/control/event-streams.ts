/** The callers that listen to events: how many may, and that each stream ends. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../log.ts'
import type { EventAnswer } from './call.ts'
import { EventStream } from './event-stream.ts'
import { Places } from './places.ts'

/** So many may at a time. */
const MOST = 32

export class EventStreams {
  readonly #log: Logger
  /** Of those that listen, or will in a moment. */
  readonly #places = new Places(MOST, 'listen to events')
  readonly #open = new Set<EventStream>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Sends events until the caller has heard enough. @throws Problem 429 when too many listen already */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    { prepare, stream }: EventAnswer,
  ): Promise<void> {
    await this.#places.hold(async () => {
      if (request.method === 'HEAD') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).end()
        return
      }
      await prepare?.()
      await this.#send(request, response, stream)
    })
  }

  /** Ends all streams, whole. */
  end(): void {
    for (const events of this.#open) events.end()
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    stream: EventAnswer['stream'],
  ): Promise<void> {
    const events = new EventStream(response)
    this.#open.add(events)
    try {
      // What a caller sends beside its request is not wanted, and its end is to be noticed.
      request.resume()
      await stream(events)
      events.end()
    } catch (error) {
      // The head is out, so there is no answer left to give.
      this.#log.error({ event: 'error', err: error }, 'a stream of events has failed')
      response.destroy()
    } finally {
      this.#open.delete(events)
    }
  }
}
