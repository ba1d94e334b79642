/** A crowd that chats: it comes, talks more and less, goes and comes again. */
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Gateways } from './gateways.ts'

const CLIENTS = 200
const ROOMS =
  'lobby design support release kitchen berlin lisbon on-call orders press travel books garden music chess films'.split(
    ' ',
  )
const FIRST = 'Anna Ben Carla David Elif Farid Grace Hugo Ines Jonas Kim Leo Mara Noah Olga Paul'.split(' ')
const LAST = 'Adler Brandt Costa Diaz Evans Fischer Garcia Haas Ito Jansen Kaya Lopez Moreau'.split(' ')
const TEXTS = [
  'good morning',
  'the build is green again',
  'who has the key of the meeting room?',
  'lunch at twelve?',
  'I am on it',
  'see the ticket, there is a screenshot in it',
  'done, please look once more',
  'thanks!',
  'the customer says that it works now',
  'deploying 4.2.1 in five minutes',
]
const TALK = [
  ['mia', 'hello, I have paid order 4711'],
  ['ben', 'hello Mia, let me see'],
  ['mia', '/seen 4711'],
  ['ben', 'it leaves the house today'],
  ['mia', 'do I get a discount for the wait?'],
  ['mia', '/roll 20'],
  ['ben', 'so be it'],
  ['mia', 'thanks!'],
] as const
/** Close codes of those who go, by how often they come. */
const CODES = [1000, 1000, 1000, 1001, 4000]
/** In milliseconds. */
const TURN = 100
/** From quiet to lively and back in so many milliseconds. */
const WAVE = 24_000

/** The same crowd each time: numbers from 0 to 1 that only look like chance. */
function chance(): () => number {
  let state = 20261126
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export class Traffic {
  readonly #gateways: Gateways
  readonly #next = chance()
  readonly #clients: (WebSocket | undefined)[] = []
  #isOver = false
  #running: Promise<void> | undefined

  constructor(gateways: Gateways) {
    this.#gateways = gateways
  }

  /** Begins, and goes on for so long or until it is stopped. */
  start(forMs: number): void {
    this.#running = this.#run(Date.now() + forMs)
  }

  /** @throws Error what has gone wrong meanwhile */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
    for (const client of this.#clients) client?.terminate()
  }

  /** Two of them talk in a room of their own; then the first one goes. */
  async talk(): Promise<void> {
    const room = 'order-4711'
    const mia = this.#open(new URLSearchParams({ name: 'Mia Sommer', device: 'phone', room }), '203.0.113.77')
    const ben = this.#open(new URLSearchParams({ name: 'Ben Brandt', room }), '198.51.100.9')
    await Promise.all([once(mia, 'open'), once(ben, 'open')])
    for (const [who, text] of TALK) {
      await wait(700)
      const client = who === 'mia' ? mia : ben
      client.send(text)
    }
    await wait(700)
    mia.close(1000)
    await once(mia, 'close')
    ben.close(1000)
  }

  async #run(end: number): Promise<void> {
    const begin = Date.now()
    for (let turn = 0; !this.#isOver && Date.now() < end; turn++) {
      const wave = 0.5 + 0.5 * Math.sin((2 * Math.PI * (Date.now() - begin)) / WAVE)
      if (this.#clients.length < CLIENTS) for (let i = 0; i < 3; i++) this.#come(this.#clients.length)
      for (const [i, client] of this.#clients.entries()) {
        if (this.#next() < 0.006 + 0.024 * wave) client?.send(this.#one(TEXTS))
        if (this.#next() < 0.03 + 0.12 * wave) client?.send('/seen 4711')
        if (this.#next() < (client === undefined ? 0.02 : 0.001)) this.#change(i)
      }
      // One of the commands is none that the listener knows.
      const [somebody] = this.#clients.filter(client => client !== undefined)
      if (turn === 140) somebody?.send('/weather berlin')
      if (turn % 40 === 30) somebody?.send('/roll 20')
      if (this.#next() < 0.05 + 0.2 * wave) await this.#push()
      await wait(TURN)
    }
  }

  async #push(): Promise<void> {
    const order = 4000 + Math.floor(this.#next() * 1000)
    const body = { message: { from: 'shop', text: `order ${order} is paid` }, groups: [this.#one(ROOMS)] }
    await this.#gateways.call('POST', '/push', body)
  }

  /** Who is there goes, at times without a word; who is not comes again. */
  #change(i: number): void {
    const client = this.#clients[i]
    if (client === undefined) this.#come(i)
    else if (this.#next() < 0.1) client.terminate()
    else client.close(this.#one(CODES))
  }

  #come(i: number): void {
    const first = FIRST[i % FIRST.length]
    const last = LAST[Math.floor(i / FIRST.length) % LAST.length]
    const query = new URLSearchParams({
      name: `${first} ${last}`,
      device: i % 3 === 0 ? 'phone' : 'desktop',
      room: ROOMS[i % ROOMS.length] ?? '',
    })
    if (i % 5 === 0) query.append('room', ROOMS[(i + 3) % ROOMS.length] ?? '')
    const client = this.#open(query, addressOf(i))
    client.on('open', () => {
      this.#clients[i] = client
    })
    client.on('close', () => {
      this.#clients[i] = undefined
    })
    this.#clients[i] = undefined
  }

  #open(query: URLSearchParams, ip: string): WebSocket {
    const url = `ws://127.0.0.1:${this.#gateways.main.port}/chat?${query}`
    const client = new WebSocket(url, { headers: { 'X-Forwarded-For': ip } })
    // Who is not let in, or cut off at the end, is closed as well.
    client.on('error', error => console.error(`a client of ${ip}: ${error.message}`))
    return client
  }

  #one<T>(of: readonly T[]): T {
    const found = of[Math.floor(this.#next() * of.length)]
    if (found === undefined) throw new Error('an empty list')
    return found
  }
}

/** An address of a network that RFC 5737 and RFC 3849 keep for examples. */
function addressOf(i: number): string {
  if (i % 7 === 3) return `2001:db8:${(40 + i).toString(16)}::${(i * 37).toString(16)}`
  return `${i % 2 === 0 ? '203.0.113' : '198.51.100'}.${1 + ((i * 53) % 250)}`
}
