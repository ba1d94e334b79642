/** Clients that do nothing wrong beside those that do: each must get everything, once and in order. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect } from '../../support/client.ts'

const EVERY_MS = 5
const ARRIVE_WITHIN_MS = 20_000

export class Honest {
  readonly #clients: Client[]
  /** What others send goes to everyone as well, and does not begin like this. */
  readonly #prefix = `honest-${randomBytes(8).toString('hex')}-`
  readonly #timer: NodeJS.Timeout
  #sent = 0

  private constructor(clients: Client[], sender: Client) {
    this.#clients = clients
    this.#timer = setInterval(() => sender.send(`${this.#prefix}${this.#sent++}`), EVERY_MS)
  }

  /** Connects them; the first one begins to send. */
  static async connect(t: TestContext, url: string, count: number): Promise<Honest> {
    const clients: Client[] = []
    for (let i = 0; i < count; i++) clients.push(await connect(t, `${url}/honest`))
    const [sender] = clients
    if (sender === undefined) throw new Error('nobody is there to send')
    const honest = new Honest(clients, sender)
    t.after(() => honest.stop())
    return honest
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Sends no more, and checks what each one got. @returns how many messages that was */
  async check(): Promise<number> {
    this.stop()
    const wanted = Array.from({ length: this.#sent }, (_, i) => `${this.#prefix}${i}`)
    const end = Date.now() + ARRIVE_WITHIN_MS
    for (const [i, client] of this.#clients.entries()) {
      const own = (): unknown[] =>
        client.got.filter(message => typeof message === 'string' && message.startsWith('honest-'))
      while (own().length < wanted.length && Date.now() < end) await sleep(50)
      assert.deepEqual(own(), wanted, `what honest client ${i} got`)
    }
    return this.#sent
  }
}
