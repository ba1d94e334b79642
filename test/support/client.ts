/** A WebSocket client that remembers what it got, for tests that ask in their own order. */
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import { type ClientOptions, WebSocket } from 'ws'
import { PATIENCE_MS } from './eventually.ts'

export class Client {
  readonly ws: WebSocket
  readonly got: (string | Buffer)[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #wake: (() => void)[] = []

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.ws = new WebSocket(url, protocols, options)
    this.ws.on('message', (data: Buffer, isBinary) => {
      this.got.push(isBinary ? data : data.toString())
      this.#told()
    })
    this.closed = new Promise(resolve => {
      this.ws.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#told()
      })
    })
    // What went wrong shows in the close code, and in `open` for the handshake.
    this.ws.on('error', () => this.#told())
  }

  #told(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }

  /** Waits until so many messages have arrived, and gives them all. */
  async messages(count: number, withinMs = PATIENCE_MS): Promise<(string | Buffer)[]> {
    const end = Date.now() + withinMs
    while (this.got.length < count) {
      if (Date.now() > end || this.ws.readyState === WebSocket.CLOSED) {
        throw new Error(`waited in vain for ${count} messages, got ${this.got.length}: ${this.got.slice(-5)}`)
      }
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#wake.push(resolve)
        timer = setTimeout(resolve, Math.max(1, end - Date.now()))
      })
      clearTimeout(timer)
    }
    return this.got
  }

  send(message: string | Buffer): void {
    this.ws.send(message, { binary: typeof message !== 'string' })
  }

  /** Everything that was sent to the gateway before this has been read by it. */
  async settled(): Promise<void> {
    this.ws.ping()
    await once(this.ws, 'pong')
  }

  async close(code?: number): Promise<{ code: number; reason: string }> {
    this.ws.close(code)
    return this.closed
  }
}

/** A client that is connected; it is cut off when the test ends. */
export async function connect(
  t: TestContext,
  url: string,
  protocols?: string[],
  options?: ClientOptions,
): Promise<Client> {
  const client = new Client(url, protocols, options)
  t.after(() => client.ws.terminate())
  await once(client.ws, 'open')
  return client
}

/** The answer that a handshake is refused with. */
export interface Refused {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Waits for a handshake to be refused. */
export async function refusal(
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<Refused> {
  const ws = new WebSocket(url, protocols, options)
  const failed = new Promise<never>((_, fail) => {
    ws.on('error', fail)
    ws.on('open', () => fail(new Error(`${url} was let in`)))
  })
  // Ending it is an error as well, which nobody waits for any more.
  failed.catch(() => undefined)
  try {
    const answered = once(ws, 'unexpected-response') as Promise<[unknown, IncomingMessage]>
    const [, response] = await Promise.race([answered, failed])
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode ?? 0, headers: response.headers, text }
  } finally {
    ws.terminate()
  }
}

/** The HTTP status that a handshake is refused with. */
export async function refused(url: string, protocols?: string[], options?: ClientOptions): Promise<number> {
  return (await refusal(url, protocols, options)).status
}
