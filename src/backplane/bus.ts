/**
 * One stream of Redis for all nodes of a gateway: each adds what it has to say, in batches, and reads what all have
 * said, in one order. A second stream for each node, its inbox, holds what is meant for it alone.
 */
import { untilOver } from '../until-over.ts'
import type { RedisReply, Words } from './connection.ts'
import type { History } from './history.ts'
import { Link } from './link.ts'
import { Outgoing } from './outgoing.ts'
import { BusReader, type ReadCounters, type ReaderEvents } from './reader.ts'
import { type Numbered, RecordWriter, type State, toBatch, write } from './records.ts'
import { RedisSession } from './session.ts'

export interface BusEvents extends ReaderEvents {
  /**
   * A session has begun: say how it is here.
   * @param isFirst whether nothing is known yet of what was said before
   */
  opened(isFirst: boolean): void
  /** Redis is away; what is numbered is kept. */
  away(error: Error): void
  /** So many of the oldest messages and orders had to go. */
  dropped(count: number): void
}

export interface BusOptions {
  readonly url: string
  /** What all keys of this gateway begin with. */
  readonly prefix: string
  readonly node: string
  /** How much is kept for who was away. */
  readonly history: History
  /** What waits for Redis may hold so much. */
  readonly bufferBytes: number
  readonly events: BusEvents
}

/** With so much waiting, or half of what may wait, who sends is to wait: Redis is slower than what is sent. */
const ROOM_BYTES = 4 * 1024 * 1024
/** Inboxes hold no more than this, and are gone when nobody has written for so long. */
const INBOX = { entries: 1000, ms: 600_000 }

export class Bus {
  readonly counters = { published: 0 }
  readonly #options: BusOptions
  readonly #stream: string
  readonly #link: Link
  readonly #outgoing: Outgoing
  readonly #writer = new RecordWriter()
  readonly #roomBytes: number
  readonly #reader: BusReader
  #session: RedisSession | undefined
  #sessions = 0
  #entries = 0
  /** Those who wait until there is room again. */
  #waiting: (() => void)[] = []
  #whenEmpty: (() => void)[] = []
  /** Something has been published in this turn. */
  #isDue = false

  constructor(options: BusOptions) {
    this.#options = options
    this.#stream = `${options.prefix}:bus`
    this.#outgoing = new Outgoing(options.bufferBytes)
    this.#roomBytes = Math.min(ROOM_BYTES, options.bufferBytes / 2)
    const { node, events, history } = options
    this.#reader = new BusReader({ stream: this.#stream, inbox: this.#inbox(node), node, history, events })
    this.#link = new Link({
      open: () => RedisSession.open(options.url),
      use: session => this.#use(session),
      away: error => this.#away(error),
    })
  }

  /** What has been read. */
  get read(): ReadCounters {
    return this.#reader.counters
  }

  get buffered(): { readonly messages: number; readonly bytes: number; readonly dropped: number } {
    const { messages, bytes, dropped } = this.#outgoing
    return { messages, bytes, dropped }
  }

  get prefix(): string {
    return this.#options.prefix
  }

  /** The stream, for who adds to it in a script of his own. */
  get stream(): string {
    return this.#stream
  }

  /** @returns when there is a session, or none can be had. @throws RedisRefusal */
  start(): Promise<void> {
    return this.#link.start()
  }

  /**
   * Waits until what must arrive has gone out, also for Redis to come back, for as long as `signal` allows.
   * @returns how many messages and orders have not gone out
   */
  async flushed(signal: AbortSignal): Promise<number> {
    if (this.#outgoing.messages > 0) await this.#empty(signal)
    return this.#outgoing.messages
  }

  /** Lets what waits go out, for as long as `signal` allows, and ends the session. */
  async stop(signal: AbortSignal): Promise<void> {
    if (this.#session !== undefined && !this.#outgoing.isEmpty) await this.#empty(signal)
    await this.#link.stop()
    this.#session = undefined
    this.#outgoing.lost()
    this.#letGo()
    // Whoever comes back later is a new one: what happened meanwhile is none of its business.
    this.#reader.reset()
  }

  /** Publishes what must arrive: now, or when Redis is back. */
  publish(record: Numbered, payload?: Buffer): void {
    const dropped = this.#outgoing.addNumbered(this.#writer.write(record, payload))
    if (dropped > 0) this.#options.events.dropped(dropped)
    this.#pumpSoon()
  }

  /** Says how it is; nothing when there is no session, since it is said anew with the next one. */
  say(record: State): void {
    if (this.#session === undefined) return
    this.#outgoing.addState(write(record))
    this.#pumpSoon()
  }

  /** Writes to a node's inbox, behind what has gone out so far. @throws when it cannot be written */
  async address(node: string, fields: Readonly<Record<string, string>>): Promise<void> {
    this.sendOn()
    const inbox = this.#inbox(node)
    const words = Object.entries(fields).flat()
    const added = this.command(['XADD', inbox, 'MAXLEN', '~', String(INBOX.entries), '*', ...words])
    await Promise.all([added, this.command(['PEXPIRE', inbox, String(INBOX.ms)])])
  }

  /** @throws when Redis is away, or refuses it */
  async command(words: Words): Promise<RedisReply> {
    if (this.#session === undefined) throw new Error('Redis is away')
    return this.#session.command(words)
  }

  /** Undefined when more can be published; else resolves when it can. While Redis is away nobody waits. */
  room(): Promise<void> | undefined {
    if (this.#session === undefined || this.#outgoing.bytes < this.#roomBytes) return undefined
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async #empty(signal: AbortSignal): Promise<void> {
    await untilOver(new Promise<void>(resolve => this.#whenEmpty.push(resolve)), signal)
  }

  #inbox(node: string): string {
    return `${this.#options.prefix}:node:${node}`
  }

  async #use(session: RedisSession): Promise<never> {
    const isFirst = this.#reader.isNew
    await this.#reader.findPosition(session)
    this.#session = session
    this.#sessions++
    this.#entries = 0
    this.#options.events.opened(isFirst)
    this.#pump()
    return Promise.race([this.#reader.readOn(session), session.lost])
  }

  #away(error: Error): void {
    this.#session = undefined
    this.#outgoing.lost()
    this.#letGo()
    this.#options.events.away(error)
  }

  #letGo(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /**
   * Sends on what has been published in this turn of the loop, as one entry: the other nodes then write it to their
   * sockets at once as well. Called before this node writes to its own, and happens by itself when it need not.
   */
  sendOn(): void {
    if (!this.#isDue) return
    this.#isDue = false
    this.#pump()
  }

  #pumpSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    // The outbox waits no longer than that for what else arrives.
    setImmediate(() => setImmediate(() => this.sendOn()))
  }

  #pump(): void {
    const session = this.#session
    if (session === undefined) return
    const batch = this.#outgoing.next()
    if (batch === undefined) {
      if (this.#outgoing.isEmpty) for (const resolve of this.#whenEmpty.splice(0)) resolve()
      return
    }
    const { node, history } = this.#options
    const numbers = { n: node, q: this.#sessions, e: this.#entries++, s: batch.first, c: batch.numbered }
    const fields = Object.entries(numbers).flatMap(([name, value]) => [name, String(value)])
    const words = ['XADD', this.#stream, 'MAXLEN', '~', String(history.entries), '*', ...fields, 'b']
    session.command([...words, toBatch(batch.records)]).then(
      () => {
        if (this.#session !== session) return
        this.#outgoing.taken()
        this.counters.published += batch.numbered
        if (this.#outgoing.bytes < this.#roomBytes) this.#letGo()
        this.#pump()
      },
      // What has come of it is not known, or Redis takes no more: what was numbered is sent again.
      (error: Error) => session.fail(error),
    )
  }
}
