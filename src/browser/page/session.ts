/** One connection: what it has been told and what has passed through it. */
import { type Greeting, PAGE_PROTOCOL } from '../../connections/page-protocol.ts'

/** What a page is told of its connection. */
export interface SessionEvents {
  opened(): void
  /** The gateway has told the connection's id. */
  identified(id: string): void
  received(data: string | Uint8Array): void
  closed(code: number, reason: string): void
}

export class Session {
  /** Messages and their bytes. */
  readonly received = { messages: 0, bytes: 0 }
  readonly sent = { messages: 0, bytes: 0 }
  readonly url: URL
  /** When it has opened, by performance.now(); undefined until then. */
  openedAt: number | undefined
  isClosedHere = false
  readonly #socket: WebSocket
  /** The first frame tells the id. */
  #isGreeted: boolean

  /** @throws DOMException for subprotocols that are none */
  constructor(url: URL, protocols: readonly string[], events: SessionEvents) {
    this.url = url
    this.#isGreeted = false
    const socket = new WebSocket(url, [...protocols])
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.openedAt = performance.now()
      this.#isGreeted = socket.protocol !== PAGE_PROTOCOL
      events.opened()
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const message = typeof data === 'string' ? data : new Uint8Array(data)
      if (!this.#isGreeted) {
        this.#isGreeted = true
        const id = typeof message === 'string' ? greetedId(message) : undefined
        if (id !== undefined) {
          events.identified(id)
          return
        }
      }
      this.received.messages++
      this.received.bytes += typeof message === 'string' ? new Blob([message]).size : message.length
      events.received(message)
    }
    socket.onclose = ({ code, reason }) => events.closed(code, reason)
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  send(data: string | Uint8Array<ArrayBuffer> | Blob): void {
    this.#socket.send(data)
    this.sent.messages++
    this.sent.bytes += new Blob([data]).size
  }

  /** Closes it, or gives up the handshake. */
  close(): void {
    this.isClosedHere = true
    this.#socket.close(1000)
  }
}

/** The id in a first frame; undefined in any other. */
function greetedId(text: string): string | undefined {
  try {
    const { 'websocket-gateway': told } = JSON.parse(text) as Partial<Greeting>
    return typeof told?.connection === 'string' ? told.connection : undefined
  } catch {
    // A message of somebody else's.
    return undefined
  }
}
