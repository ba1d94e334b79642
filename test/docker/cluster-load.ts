/** A publisher that numbers what it pushes, and clients that come back, for what happens while nodes are replaced. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ask } from './ask.ts'

/** One number: when its push was asked for and answered, and by which node. */
interface Push {
  readonly askedAt: number
  answeredAt: number
  node: string
}

/** Pushes one number after the other: the next when the one before is answered. */
class Publisher {
  readonly pushes: Push[] = []
  /** The answers that were not 200, and the network's faults. A push that has failed is sent again by its key. */
  readonly faults: string[] = []
  readonly #id = randomUUID()
  readonly #url: string
  readonly #token: string
  #isOver = false
  readonly #done: Promise<void>

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
    this.#done = this.#run()
  }

  /** Waits until so many more pushes have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.pushes.length + count
    while (this.pushes.length <= enough) await pause(5)
  }

  /** @returns the last number */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#done
    return this.pushes.length - 1
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      const push = { askedAt: performance.now(), answeredAt: Infinity, node: '' }
      this.pushes.push(push)
      while (push.node === '') push.node = await this.#push(number)
      push.answeredAt = performance.now()
      await pause(5)
    }
  }

  /** @returns the node that has answered, or nothing when it went wrong */
  async #push(number: number): Promise<string> {
    try {
      const answer = await ask(`${this.#url}/push`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${this.#token}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': `${this.#id}-${number}`,
        },
        body: JSON.stringify({ message: number }),
      })
      if (answer.status === 200) return String(answer.headers['x-served-by'])
      this.faults.push(`${number}: ${answer.status} ${answer.text}`)
    } catch (error) {
      this.faults.push(`${number}: ${error}`)
    }
    return ''
  }
}

/** One connection of a client, from its opening to its end. */
interface Life {
  readonly openedAt: number
  closedAt: number
  code: number
  /** The numbers, and when each came. */
  readonly got: number[]
  readonly cameAt: number[]
}

/** A client that connects again as soon as it is closed. */
export class Returning {
  readonly lives: Life[] = []
  /** Handshakes that came to nothing. */
  readonly faults: string[] = []
  readonly opened: Promise<void>
  readonly user: string
  readonly #url: string
  #ws: WebSocket | undefined
  #wake: () => void = () => undefined
  #isOver = false

  constructor(url: string, user: string) {
    this.user = user
    this.#url = `${url}/?user=${user}`
    this.opened = new Promise(resolve => this.#connect(resolve))
  }

  get isOpen(): boolean {
    return this.lives.at(-1)?.closedAt === Infinity
  }

  /** Waits for a number, in whichever connection. */
  async has(number: number, withinMs: number): Promise<void> {
    const end = AbortSignal.timeout(withinMs)
    const isLate = new Promise<void>(resolve => end.addEventListener('abort', () => resolve()))
    while (this.lives.at(-1)?.got.includes(number) !== true) {
      if (end.aborted) throw new Error(`waited in vain for ${number}: ${this.lives.at(-1)?.got.slice(-5)}`)
      const told = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      await Promise.race([told, isLate])
    }
  }

  end(): void {
    this.#isOver = true
    this.#ws?.terminate()
  }

  #connect(opened: () => void): void {
    const ws = new WebSocket(this.#url)
    this.#ws = ws
    let life: Life | undefined
    ws.on('open', () => {
      life = { openedAt: performance.now(), closedAt: Infinity, code: 0, got: [], cameAt: [] }
      this.lives.push(life)
      opened()
    })
    // A message may come in the same read as the answer to the handshake, but never before `open`.
    ws.on('message', data => {
      life?.got.push(Number(data))
      life?.cameAt.push(performance.now())
      this.#wake()
    })
    ws.on('error', error => this.faults.push(error.message))
    ws.on('close', code => {
      if (life !== undefined) Object.assign(life, { closedAt: performance.now(), code })
      if (this.#isOver) return
      if (life === undefined) setTimeout(() => this.#connect(opened), 50)
      else this.#connect(opened)
    })
  }
}

/** The longest way of a number, from the publisher's asking to a client, in milliseconds. */
function longestWay(lives: readonly Life[], pushes: readonly Push[]): number {
  let longest = 0
  for (const { got, cameAt } of lives) {
    for (const [index, number] of got.entries()) {
      longest = Math.max(longest, (cameAt[index] ?? 0) - (pushes[number]?.askedAt ?? 0))
    }
  }
  return longest
}

/**
 * Nothing of what was pushed during a connection is missing in it or twice in it, and each node's order is kept.
 * @param wayMs a push that was answered so shortly before the end may still have been on its way from another node
 */
function checkLife({ openedAt, closedAt, got }: Life, pushes: readonly Push[], wayMs: number): void {
  const sorted = [...got].sort((a, b) => a - b)
  const first = sorted[0] ?? 0
  assert.deepEqual(
    sorted,
    sorted.map((_, index) => first + index),
    'each number once, and none left out between the first and the last',
  )
  const due = pushes.flatMap(({ askedAt, answeredAt }, number) =>
    askedAt > openedAt && answeredAt < closedAt - wayMs ? [number] : [],
  )
  const missing = due.filter(number => !got.includes(number))
  assert.deepEqual(missing, [], 'all that was pushed while it was open')
  for (const node of new Set(pushes.map(push => push.node))) {
    const its = got.filter(number => pushes[number]?.node === node)
    assert.deepEqual(
      its,
      its.toSorted((a, b) => a - b),
      `${node}'s order`,
    )
  }
}

const CLIENTS = 12

/** Clients, and one publisher, while something happens. */
export async function underLoad(
  t: TestContext,
  urls: { readonly clients: string; readonly control: string },
  token: string,
  happens: (clients: readonly Returning[], publisher: Publisher) => Promise<unknown>,
): Promise<{ readonly clients: readonly Returning[]; readonly publisher: Publisher }> {
  const load = randomUUID()
  const clients = Array.from(
    { length: CLIENTS },
    (_, index) => new Returning(urls.clients, `${load}-${index}`),
  )
  t.after(() => clients.map(client => client.end()))
  await Promise.all(clients.map(client => client.opened))
  const publisher = new Publisher(urls.control, token)
  t.after(() => publisher.end())
  await happens(clients, publisher)
  const last = await publisher.end()
  await Promise.all(clients.map(client => client.has(last, 30_000)))
  const lives = clients.flatMap(client => client.lives)
  const longest = longestWay(lives, publisher.pushes)
  t.diagnostic(
    `${last + 1} pushes, ${lives.length} connections of ${clients.length} clients, the longest way ${Math.round(longest)} ms`,
  )
  for (const life of lives) checkLife(life, publisher.pushes, 2 * longest)
  // No handshake came to nothing: the proxy has asked another node.
  assert.deepEqual(
    clients.flatMap(client => client.faults),
    [],
  )
  return { clients, publisher }
}
