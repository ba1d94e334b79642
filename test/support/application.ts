/** An application that the gateway asks over HTTP, with answers that a test decides on. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { PATIENCE_MS } from './eventually.ts'
import { freePort } from './ports.ts'

/** One request of the gateway. */
export interface Asked {
  readonly event: string
  // What a test reads out of a request is checked by its assertions.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
  readonly text: string
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly url: string
}

/** An answer that is no plain JSON with 200. */
export class Answer {
  readonly status: number
  readonly text: string
  readonly headers: Record<string, string>

  constructor(status: number, text = '', headers: Record<string, string> = {}) {
    this.status = status
    this.text = text
    this.headers = headers
  }
}

/** Undefined is 204; `'hang up'` ends the connection without an answer; an object is 200 with its JSON. */
export type Answered = undefined | object | Answer | 'hang up'

export type Answerer = (asked: Asked) => Answered | Promise<Answered>

export interface ApplicationOptions {
  readonly socketPath?: string
  readonly tls?: { readonly cert: string; readonly key: string }
}

export class TestApplication {
  /** All requests, in the order of their arrival. */
  readonly asked: Asked[] = []
  /** How many are being answered now, and the most that were at a time. */
  underWay = 0
  mostUnderWay = 0
  answer: Answerer
  readonly #options: ApplicationOptions
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #wake: (() => void)[] = []

  constructor(answer: Answerer, options: ApplicationOptions) {
    this.answer = answer
    this.#options = options
  }

  get url(): string {
    const { socketPath, tls } = this.#options
    if (socketPath !== undefined) return `unix:${socketPath}:/websocket`
    return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}/websocket`
  }

  /** Listens; on the same port as before, if it has listened before. */
  async start(): Promise<void> {
    const { socketPath, tls } = this.#options
    if (socketPath === undefined && this.#port === 0) this.#port = await freePort()
    const server = tls === undefined ? createServer() : createTlsServer({ ...tls })
    server.on('request', async (request, response) => {
      let text = ''
      try {
        for await (const chunk of request.setEncoding('utf8')) text += chunk
      } catch {
        // The gateway was ended in the middle of its request.
        return
      }
      const body = JSON.parse(text)
      const { method = '', url = '', headers } = request
      const asked: Asked = { event: body.event, body, text, headers, method, url }
      this.asked.push(asked)
      this.underWay++
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
      this.#told()
      const answered = await this.answer(asked)
      this.underWay--
      if (answered === 'hang up') request.socket.destroy()
      else if (answered === undefined) response.writeHead(204).end()
      else if (answered instanceof Answer)
        response.writeHead(answered.status, answered.headers).end(answered.text)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answered))
    })
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      if (socketPath !== undefined) server.listen(socketPath, resolve)
      else server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#server = server
  }

  /** Ends as if it were killed: nothing that is under way gets its answer. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Waits for a request. */
  async event(match: string | ((asked: Asked) => boolean), withinMs = PATIENCE_MS): Promise<Asked> {
    const fits = typeof match === 'string' ? ({ event }: Asked) => event === match : match
    return this.until(`a request ${match}`, () => this.asked.find(fits), withinMs)
  }

  /** Waits until something holds that requests decide. */
  async until<T>(what: string, holds: () => T | undefined | false, withinMs = PATIENCE_MS): Promise<T> {
    const end = Date.now() + withinMs
    for (;;) {
      const value = holds()
      if (value !== undefined && value !== false) return value
      if (Date.now() > end) {
        const seen = this.asked.map(({ text }) => text.slice(0, 200)).join('\n')
        throw new Error(`waited in vain for ${what}; there came\n${seen}`)
      }
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#wake.push(resolve)
        timer = setTimeout(resolve, Math.max(1, end - Date.now()))
      })
      clearTimeout(timer)
    }
  }

  /** The requests about one kind of event. */
  of(event: string): Asked[] {
    return this.asked.filter(asked => asked.event === event)
  }

  #told(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}

/** An application that listens; it is stopped when the test ends. Left without answers, it says 204 to all. */
export async function startApplication(
  t: TestContext,
  answer: Answerer = () => undefined,
  options: ApplicationOptions = {},
): Promise<TestApplication> {
  const application = new TestApplication(answer, options)
  t.after(() => application.stop())
  await application.start()
  return application
}
