/** Server-sent events of the control API, as they come. */
import { type IncomingMessage, request } from 'node:http'
import type { TestContext } from 'node:test'
import { PATIENCE_MS } from './eventually.ts'

export interface ServerEvent {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of an event is checked by its assertions
  readonly data: any
}

export class Events {
  readonly all: ServerEvent[] = []
  readonly #response: IncomingMessage
  #isOver = false
  #wake: (() => void)[] = []
  #rest = ''

  constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      this.#rest += part
      const blocks = this.#rest.split('\n\n')
      this.#rest = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
      this.#told()
    })
    response.on('close', () => {
      this.#isOver = true
      this.#told()
    })
    // A stream that is broken off ends as one that is closed.
    response.on('error', () => this.#told())
  }

  get type(): string | undefined {
    return this.#response.headers['content-type']
  }

  /** Waits for so many events of this name, and gives their data. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  async of(name: string, count: number, withinMs = PATIENCE_MS): Promise<any[]> {
    const end = Date.now() + withinMs
    for (;;) {
      const found = this.all.filter(({ event }) => event === name)
      if (found.length >= count) return found.map(({ data }) => data)
      if (this.#isOver || Date.now() > end)
        throw new Error(`${found.length} of ${count} events ${name}: ${JSON.stringify(this.all.slice(-5))}`)
      await this.#news(end)
    }
  }

  /** Waits until the gateway has ended the stream. */
  async ended(withinMs = PATIENCE_MS): Promise<void> {
    const end = Date.now() + withinMs
    while (!this.#isOver) {
      if (Date.now() > end) throw new Error('the stream goes on')
      await this.#news(end)
    }
  }

  /** Whether the gateway has ended the answer as HTTP does, and not by hanging up in the middle of it. */
  get isWhole(): boolean {
    return this.#response.complete
  }

  close(): void {
    this.#response.destroy()
  }

  #take(block: string): void {
    const event = /^event: (.*)$/m.exec(block)?.[1]
    const data = /^data: (.*)$/m.exec(block)?.[1]
    if (event !== undefined && data !== undefined) this.all.push({ event, data: JSON.parse(data) })
  }

  async #news(end: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake.push(resolve)
      timer = setTimeout(resolve, Math.max(1, end - Date.now()))
    })
    clearTimeout(timer)
  }

  #told(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}

/** Listens to a path of a gateway's control socket, until the test ends. */
export function listen(t: TestContext, socketPath: string, path: string): Promise<Events> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, agent: false }, response => {
      if (response.statusCode !== 200) {
        response.resume()
        reject(new Error(`${path} is answered with ${response.statusCode}`))
        return
      }
      resolve(new Events(response))
    })
    t.after(() => call.destroy())
    call.on('error', reject)
    call.end()
  })
}
