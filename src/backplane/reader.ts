/** Reads what all nodes have said, and what is meant for this one alone, from where it was. */
import { setImmediate as turn } from 'node:timers/promises'
import type { History } from './history.ts'
import { type Fresh, Incoming } from './incoming.ts'
import { type BusRecord, fromBatch, isNumbered } from './records.ts'
import type { RedisSession } from './session.ts'
import { listOf, type StreamEntry } from './streams.ts'

export interface ReaderEvents {
  /**
   * A record of another node, or how this one itself has said that it is. `node` is empty for what an application has
   * pushed through Redis.
   */
  received(node: string, record: BusRecord, payload: Buffer): void
  /** What is meant for this node alone. */
  addressed(fields: ReadonlyMap<string, Buffer>): void
  /** A node's entries were missed, and so many of its messages and orders. What is known of it may be wrong. */
  missed(node: string, count: number): void
  /** An entry that no node of ours can have written, or that cannot be carried out. */
  strange(id: string, error: unknown): void
}

export interface ReaderOptions {
  readonly stream: string
  readonly inbox: string
  /** This node's id. */
  readonly node: string
  /** Told of each entry. */
  readonly history: History
  readonly events: ReaderEvents
}

/** Messages and orders of other nodes. */
export interface ReadCounters {
  readonly received: number
  /** What has come twice, and was taken once. */
  readonly repeats: number
  readonly missed: number
}

const NONE = Buffer.alloc(0)
/** So many entries are read at once. */
const READ = 64
/** The loop is left for a moment when entries take longer, in milliseconds. */
const SLICE_MS = 10

export class BusReader {
  readonly counters = { received: 0, repeats: 0, missed: 0 }
  readonly #options: ReaderOptions
  #incoming = new Incoming()
  /** The id of the last entry that has been read. */
  #position: string | undefined
  #inboxPosition = '0-0'
  /** The newest id of all that have been read, in this stream or in one before it. */
  #newest = '0-0'
  /** The number that the next push of an application's stream should have. */
  #nextPush: number | undefined
  #session: RedisSession | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** Whether nothing has been read yet. */
  get isNew(): boolean {
    return this.#position === undefined
  }

  /** Whoever comes back later is a new one: what happens meanwhile is none of its business. */
  reset(): void {
    this.#position = undefined
    this.#incoming = new Incoming()
    this.#nextPush = undefined
  }

  /** Where to read on. A stream that is younger than what has been read from it is another one, and read whole. */
  async findPosition(session: RedisSession): Promise<void> {
    const last = await lastIdOf(session, this.#options.stream)
    if (this.#position === undefined) this.#position = last
    else if (isBefore(last, this.#position)) {
      this.#position = '0-0'
      this.#inboxPosition = '0-0'
    }
  }

  /** Reads until the session is lost. @throws what has happened to it */
  async readOn(session: RedisSession): Promise<never> {
    const { stream, inbox, events } = this.#options
    this.#session = session
    for (;;) {
      const after = new Map([
        [stream, this.#position ?? '0-0'],
        [inbox, this.#inboxPosition],
      ])
      const streams = await session.read(after, READ)
      let began = performance.now()
      for (const entry of streams.get(stream) ?? []) {
        // After a moment's pause the next session may read already.
        if (this.#session !== session) break
        this.#position = entry.id
        this.#take(entry)
        if (performance.now() - began < SLICE_MS) continue
        await turn()
        began = performance.now()
      }
      const addressed = streams.get(inbox) ?? []
      for (const entry of addressed) {
        this.#inboxPosition = entry.id
        events.addressed(entry.fields)
      }
      if (addressed.length > 0) forget(session, inbox, this.#inboxPosition)
    }
  }

  #take({ id, fields }: StreamEntry): void {
    const { events, history } = this.#options
    const node = fields.get('n')?.toString() ?? ''
    const number = (name: string): number => Number(fields.get(name)?.toString() ?? 0)
    const numbers = { node, session: number('q'), entry: number('e'), first: number('s') }
    const numbered = number('c')
    const fresh =
      node === '' ? this.#pushed(id, numbers.first, numbered) : this.#incoming.take(numbers, numbered)
    if (isBefore(this.#newest, id)) this.#newest = id
    // What this node has dropped itself, it has delivered to its own.
    const missed = node === this.#options.node ? 0 : fresh.missed
    if (missed > 0 || fresh.hasGap) {
      this.counters.missed += missed
      events.missed(node, missed)
    }
    this.counters.repeats += fresh.repeated
    const batch = fields.get('b') ?? NONE
    history.add(batch.length)
    let repeated = fresh.repeated
    try {
      for (const { record, payload } of fromBatch(batch)) {
        // What this node has told the others comes last, and is no news here.
        if (isNumbered(record) && node === this.#options.node) break
        if (isNumbered(record) ? repeated-- > 0 : !fresh.isCurrent) continue
        if (isNumbered(record)) this.counters.received++
        this.#hand(id, node, record, payload)
      }
    } catch (error) {
      events.strange(id, error)
    }
  }

  /** What is wrong with one record holds up none of the others. */
  #hand(id: string, node: string, record: BusRecord, payload: Buffer): void {
    const { events } = this.#options
    try {
      events.received(node, record, payload)
    } catch (error) {
      events.strange(id, error)
    }
  }

  /**
   * Pushes of an application's stream are numbered by Redis, which begins anew, or again, when it has lost what it had.
   * So a gap in their numbers tells what was missed, but their repeats are told by the ids of the entries.
   */
  #pushed(id: string, first: number, numbered: number): Fresh {
    const expected = this.#nextPush
    this.#nextPush = first + numbered
    const isRepeat = !isBefore(this.#newest, id)
    const missed = expected === undefined || isRepeat ? 0 : Math.max(0, first - expected)
    return { repeated: isRepeat ? numbered : 0, missed, isCurrent: true, hasGap: false }
  }
}

/** What has been read of an inbox need not stay: answers are large, and a client's new token may be among them. */
function forget(session: RedisSession, inbox: string, last: string): void {
  const [ms, count = '0'] = last.split('-')
  // When it fails, the next one does it, or the inbox's own bound.
  session.command(['XTRIM', inbox, 'MINID', `${ms}-${BigInt(count) + 1n}`]).catch(() => undefined)
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
