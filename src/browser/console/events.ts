/** Reading server-sent events, which `EventSource` cannot do here since it sends no Authorization. */

export interface ServerEvent {
  readonly event: string
  readonly data: string
}

/** Takes the text of a stream as it comes. */
export class EventReader {
  #rest = ''
  #event = ''
  #data: string[] = []

  /** @returns the events that are whole now */
  take(text: string): ServerEvent[] {
    const events: ServerEvent[] = []
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
      if (line === '') {
        if (this.#data.length > 0)
          events.push({ event: this.#event || 'message', data: this.#data.join('\n') })
        this.#event = ''
        this.#data = []
      } else this.#field(line)
    }
    return events
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'event') this.#event = value
    else if (name === 'data') this.#data.push(value)
    // A line that begins with a colon only says that the stream lives; ids are not used here.
  }
}

/**
 * The events of a stream, until it ends.
 * @param heard called for whatever comes, events or not
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = new EventReader()
  const bytes = body.getReader()
  const utf8 = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await bytes.read()
      if (done) return
      heard()
      yield* reader.take(utf8.decode(value, { stream: true }))
    }
  } finally {
    // A stream that has broken cannot be given up either; it is over all the same.
    bytes.cancel().catch(() => undefined)
  }
}
