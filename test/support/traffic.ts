/** Traffic whose every message has a number of its publisher's, checked at each subscriber. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Client, connect } from './client.ts'
import { eventually } from './eventually.ts'
import type { GatewayProcess } from './gateway.ts'

export interface Publisher {
  readonly name: string
  readonly node: GatewayProcess
  /** How many it has sent: their numbers are 0 to sent - 1. */
  sent: number
}

export interface Subscriber {
  readonly name: string
  readonly node: GatewayProcess
  readonly client: Client
}

export interface Expected {
  /** Messages may be missing (a bound, a death), but never repeated and never out of order. */
  readonly gaps?: boolean
  readonly withinMs?: number
}

export class Traffic {
  readonly publishers: Publisher[] = []
  readonly subscribers: Subscriber[] = []
  readonly #running: Promise<void>[] = []
  readonly #everyMs: number
  #ended = false

  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  /** At each node a client and an application that publish, and a client that listens. */
  async start(t: TestContext, nodes: readonly GatewayProcess[]): Promise<void> {
    for (const [i, node] of nodes.entries()) {
      const client = await connect(t, node.url)
      this.subscribers.push({ name: `at node ${i}`, node, client })
    }
    for (const [i, node] of nodes.entries()) {
      const client = await connect(t, node.url)
      this.#publish({ name: `client-${i}`, node, sent: 0 }, async text => {
        if (client.ws.readyState !== WebSocket.OPEN) return false
        client.send(text)
        return true
      })
      this.#publish({ name: `push-${i}`, node, sent: 0 }, async message => {
        const answer = await node.push({ message }).catch(() => undefined)
        if (answer !== undefined) assert.equal(answer.status, 200, JSON.stringify(answer.body))
        return answer !== undefined
      })
    }
  }

  /** Publishes until the end; false is that its node has gone. */
  #publish(publisher: Publisher, send: (text: string) => Promise<boolean>): void {
    this.publishers.push(publisher)
    const run = async () => {
      while (!this.#ended) {
        // It counts from here on: whoever is cut off in the middle does not know whether it was taken.
        const text = `${publisher.name} ${publisher.sent++}`
        if (!(await send(text))) return
        await wait(this.#everyMs)
      }
    }
    const running = run()
    running.catch(() => undefined)
    this.#running.push(running)
  }

  /** Waits until each of these publishers has sent so many more. */
  async flows(count: number, publishers: readonly Publisher[] = this.publishers): Promise<void> {
    const from = publishers.map(({ sent }) => sent)
    await eventually(
      `${count} more messages of each publisher`,
      () => publishers.every(({ sent }, i) => sent >= (from[i] ?? 0) + count),
      30_000,
    )
  }

  async stop(): Promise<void> {
    this.#ended = true
    await Promise.all(this.#running)
  }

  /** Ends the traffic, waits until all of it has arrived, and checks it. */
  async complete({ gaps = false, withinMs = 20_000 }: Expected = {}): Promise<void> {
    await this.stop()
    const nodes = [...new Set(this.subscribers.map(({ node }) => node))]
    // The last of each node's: what it published before it, and any repeat of that, has arrived by then.
    for (const [i, node] of nodes.entries())
      assert.equal((await node.push({ message: `end of ${i}` })).status, 200)
    for (const subscriber of this.subscribers) {
      for (const i of nodes.keys()) {
        await eventually(
          `the last message of node ${i} ${subscriber.name}`,
          () => subscriber.client.got.includes(`end of ${i}`),
          withinMs,
        ).catch(error => assert.fail(`${error.message}\n${this.report()}`))
      }
    }
    for (const subscriber of this.subscribers)
      for (const publisher of this.publishers) {
        const fault = faultIn(numbersOf(subscriber, publisher), publisher.sent, gaps)
        assert.equal(fault, undefined, `${publisher.name} ${subscriber.name}: ${fault}\n${this.report()}`)
      }
  }

  /**
   * Publishes so many more, ends the traffic and checks that nothing of them is missing. Before them there may be gaps:
   * what nobody had read yet when Redis lost it is gone.
   */
  async wholeFromHere(count: number): Promise<void> {
    const marks = this.publishers.map(({ sent }) => sent)
    await this.flows(count)
    await this.complete({ gaps: true })
    for (const subscriber of this.subscribers)
      for (const [i, publisher] of this.publishers.entries()) {
        const from = marks[i] ?? 0
        const after = numbersOf(subscriber, publisher).filter(number => number >= from)
        assert.equal(after.length, publisher.sent - from, `${publisher.name} ${subscriber.name}`)
      }
  }

  /** What each subscriber got of each publisher, in one line each. */
  report(): string {
    return this.subscribers
      .flatMap(subscriber =>
        this.publishers.map(publisher => {
          const numbers = numbersOf(subscriber, publisher)
          const fault = faultIn(numbers, publisher.sent, false) ?? 'whole'
          return `${subscriber.name}: ${publisher.name} ${numbers.length} of ${publisher.sent}, ${fault}`
        }),
      )
      .join('\n')
  }
}

/** The numbers that a subscriber has got of a publisher, as they came. */
export function numbersOf({ client }: Subscriber, { name }: Pick<Publisher, 'name'>): number[] {
  const start = `${name} `
  return client.got
    .map(String)
    .filter(text => text.startsWith(start))
    .map(text => Number(text.slice(start.length)))
}

/** What is wrong with the numbers that should be 0 to count - 1, in few words. */
export function faultIn(numbers: readonly number[], count: number, gaps: boolean): string | undefined {
  const seen = new Set<number>()
  let last = -1
  for (const number of numbers) {
    if (seen.has(number)) return `${number} came twice`
    if (number < last) return `${number} came after ${last}`
    seen.add(number)
    last = number
  }
  if (gaps || seen.size === count) return undefined
  const lost = Array.from({ length: count }, (_, i) => i).filter(i => !seen.has(i))
  return `lost ${lost.length}: ${lost[0]} to ${lost.at(-1)}`
}

/** Starts it; a message of each publisher every few milliseconds. */
export async function startTraffic(
  t: TestContext,
  nodes: readonly GatewayProcess[],
  everyMs = 4,
): Promise<Traffic> {
  const traffic = new Traffic(everyMs)
  t.after(() => traffic.stop().catch(() => undefined))
  await traffic.start(t, nodes)
  return traffic
}
