/**
 * One stream of Redis for all nodes of a gateway: each adds what it has to say, in batches, and reads what all have
 * said, in one order. A second stream for each node, its inbox, holds what is meant for it alone.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { RedisReply, Words } from './connection.ts'
import { type Fresh, Incoming } from './incoming.ts'
import { Link } from './link.ts'
import { Outgoing } from './outgoing.ts'
import {
  type BusRecord,
  fromBatch,
  isNumbered,
  type Numbered,
  type State,
  toBatch,
  write,
} from './records.ts'
import { RedisSession } from './session.ts'
import { listOf, type StreamEntry } from './streams.ts'

export interface BusOptions {
  readonly url: string
  /** What all keys of this gateway begin with. */
  readonly prefix: string
  readonly node: string
  /** So many entries are kept for who was away. */
  readonly history: number
  /** What waits for Redis may hold so much. */
  readonly bufferBytes: number
  readonly events: BusEvents
}

export interface BusEvents {
  /**
   * A session has begun: say how it is here.
   * @param isFirst whether nothing is known yet of what was said before
   */
  opened(isFirst: boolean): void
  /** Redis is away; what is numbered is kept. */
  away(error: Error): void
  /** A record of any node, this one included. `node` is empty for what an application has pushed through Redis. */
  received(node: string, record: BusRecord, payload: Buffer): void
  /** What is meant for this node alone. */
  addressed(fields: ReadonlyMap<string, Buffer>): void
  /** A node's entries were missed, and so many of its messages and orders. What is known of it may be wrong. */
  missed(node: string, count: number): void
  /** So many of the oldest messages and orders had to go. */
  dropped(count: number): void
  /** An entry that no node of ours can have written. */
  strange(id: string, error: unknown): void
}

/** So many entries are read at once. */
const READ = 64
/** The loop is left for a moment when entries take longer, in milliseconds. */
const SLICE_MS = 10
/** With so much waiting, or half of what may wait, who sends is to wait: Redis is slower than what is sent. */
const ROOM_BYTES = 4 * 1024 * 1024
/** Inboxes hold no more than this, and are gone when nobody has written for so long. */
const INBOX = { entries: 1000, ms: 600_000 }

export class Bus {
  readonly counters = { published: 0, received: 0, repeats: 0, missed: 0 }
  readonly #options: BusOptions
  readonly #stream: string
  readonly #link: Link
  readonly #outgoing: Outgoing
  readonly #roomBytes: number
  #incoming = new Incoming()
  #session: RedisSession | undefined
  #sessions = 0
  #entries = 0
  /** The id of the last entry that has been read. */
  #position: string | undefined
  /** The newest id of all that have been read, in this stream or in one before it. */
  #newest = '0-0'
  #inboxPosition = '0-0'
  /** Those who wait until there is room again. */
  #waiting: (() => void)[] = []
  #whenEmpty: (() => void)[] = []

  constructor(options: BusOptions) {
    this.#options = options
    this.#stream = `${options.prefix}:bus`
    this.#outgoing = new Outgoing(options.bufferBytes)
    this.#roomBytes = Math.min(ROOM_BYTES, options.bufferBytes / 2)
    this.#link = new Link({
      open: () => RedisSession.open(options.url),
      use: session => this.#use(session),
      away: error => this.#away(error),
    })
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

  /** Lets what waits go out, for as long as `signal` allows, and ends the session. */
  async stop(signal: AbortSignal): Promise<void> {
    if (this.#session !== undefined && !this.#outgoing.isEmpty) {
      await new Promise<void>(resolve => {
        this.#whenEmpty.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
    }
    await this.#link.stop()
    this.#session = undefined
    this.#outgoing.lost()
    // Whoever comes back later is a new one: what happened meanwhile is none of its business.
    this.#position = undefined
    this.#incoming = new Incoming()
  }

  /** Publishes what must arrive: now, or when Redis is back. */
  publish(record: Numbered, payload?: Buffer): void {
    const dropped = this.#outgoing.addNumbered(write(record, payload))
    if (dropped > 0) this.#options.events.dropped(dropped)
    this.#pump()
  }

  /** Says how it is; nothing when there is no session, since it is said anew with the next one. */
  say(record: State): void {
    if (this.#session === undefined) return
    this.#outgoing.addState(write(record))
    this.#pump()
  }

  /** Writes to a node's inbox, behind what has gone out so far. @throws when it cannot be written */
  async address(node: string, fields: Readonly<Record<string, string>>): Promise<void> {
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

  #inbox(node: string): string {
    return `${this.#options.prefix}:node:${node}`
  }

  async #use(session: RedisSession): Promise<never> {
    const isFirst = this.#position === undefined
    await this.#findPosition(session)
    this.#session = session
    this.#sessions++
    this.#entries = 0
    this.#options.events.opened(isFirst)
    this.#pump()
    return Promise.race([this.#readOn(session), session.lost])
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

  /** Where to read on. A stream that is younger than what has been read from it is another one, and read whole. */
  async #findPosition(session: RedisSession): Promise<void> {
    const last = await lastIdOf(session, this.#stream)
    if (this.#position === undefined) this.#position = last
    else if (isBefore(last, this.#position)) {
      this.#position = '0-0'
      this.#inboxPosition = '0-0'
    }
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
    const words = ['XADD', this.#stream, 'MAXLEN', '~', String(history), '*', ...fields, 'b']
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

  async #readOn(session: RedisSession): Promise<never> {
    const inbox = this.#inbox(this.#options.node)
    for (;;) {
      const streams = await session.read(
        new Map([
          [this.#stream, this.#position ?? '0-0'],
          [inbox, this.#inboxPosition],
        ]),
        READ,
      )
      let began = performance.now()
      for (const entry of streams.get(this.#stream) ?? []) {
        if (this.#session !== session) break
        this.#position = entry.id
        this.#take(entry)
        if (performance.now() - began < SLICE_MS) continue
        await turn()
        began = performance.now()
      }
      for (const entry of streams.get(inbox) ?? []) {
        this.#inboxPosition = entry.id
        this.#options.events.addressed(entry.fields)
      }
    }
  }

  #take({ id, fields }: StreamEntry): void {
    const { events } = this.#options
    const node = fields.get('n')?.toString() ?? ''
    const number = (name: string): number => Number(fields.get(name)?.toString() ?? 0)
    const numbers = { node, session: number('q'), entry: number('e'), first: number('s') }
    const numbered = number('c')
    const fresh = node === '' ? this.#nobodys(id, numbered) : this.#incoming.take(numbers, numbered)
    if (isBefore(this.#newest, id)) this.#newest = id
    if (fresh.missed > 0 || fresh.hasGap) {
      this.counters.missed += fresh.missed
      events.missed(node, fresh.missed)
    }
    this.counters.repeats += fresh.repeated
    let repeated = fresh.repeated
    try {
      for (const { record, payload } of fromBatch(fields.get('b') ?? Buffer.alloc(0))) {
        if (isNumbered(record) ? repeated-- > 0 : !fresh.isCurrent) continue
        if (isNumbered(record) && node !== this.#options.node) this.counters.received++
        events.received(node, record, payload)
      }
    } catch (error) {
      events.strange(id, error)
    }
  }

  /** An entry of no node has no number: what was read before Redis went back to older data is known by its id. */
  #nobodys(id: string, numbered: number): Fresh {
    const repeated = isBefore(this.#newest, id) ? 0 : numbered
    return { repeated, missed: 0, isCurrent: true, hasGap: false }
  }
}

/** The id of the last entry that a stream has had, also when that has been trimmed; 0-0 when there is no stream. */
async function lastIdOf(session: RedisSession, stream: string): Promise<string> {
  try {
    const words = listOf(await session.command(['XINFO', 'STREAM', stream]))
    const at = words.findIndex(word => String(word) === 'last-generated-id')
    return at === -1 ? '0-0' : String(words[at + 1])
  } catch (error) {
    if (error instanceof Error && /no such key/.test(error.message)) return '0-0'
    throw error
  }
}

function isBefore(a: string, b: string): boolean {
  const [ms = 0n, count = 0n] = a.split('-').map(BigInt)
  const [otherMs = 0n, otherCount = 0n] = b.split('-').map(BigInt)
  return ms < otherMs || (ms === otherMs && count < otherCount)
}
