/**
 * Pushes that applications put into a stream of Redis (`WS_PUSH_STREAM`): one node reads them, in order, and runs each
 * through `onMessage`; all nodes deliver what comes of it.
 */
import type { Words } from '../backplane/connection.ts'
import { RedisConnection, type RedisReply } from '../backplane/connection.ts'
import { listOf, type StreamEntry, streamsOf } from '../backplane/streams.ts'
import type { Logger } from '../log.ts'
import type { Prepared } from '../messages.ts'
import { Problem } from '../problem.ts'
import { pauseUntilOver, untilOver } from '../until-over.ts'
import { Lease } from './lease.ts'
import { dataOf, readPush } from './read-push.ts'
import { type Settled, type SettleKeys, settleCommand, settledBy } from './settlement.ts'
import type { PushStreamStatus } from './status.ts'
import { takeCommand } from './take.ts'

export interface PushStreamOptions {
  /** `WS_PUSH_STREAM`. */
  readonly name: string
  /** The consumer group: `WS_GATEWAY_ID`. */
  readonly group: string
  readonly node: string
  readonly redisUrl: string
  readonly keys: { readonly lease: string; readonly bus: string; readonly count: string }
  /** How many entries of the bus are kept. */
  history(): number
  /** Without a sign of life for so long, another node reads on. */
  readonly leaseMs: number
  readonly log: Logger
  /** Any command that does not wait. @throws when Redis is away */
  command(words: Words): Promise<RedisReply>
  /** Runs a push through `onMessage`. @throws Problem */
  prepare(pushed: unknown): Prepared | Promise<Prepared>
}

/** So many entries are read, and settled, at a time; and so many bytes, about. */
const BATCH = { entries: 100, bytes: 1024 * 1024 }
const BLOCK_MS = 1000
/** Changes nothing, so that it may be late: what has come is taken only by who holds the lease. */
const WAIT_FOR_ONE = ['XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS']
/** So often those who do not read look whether they may, at least. */
const LOOK_MS = 1000
/** So often a push is tried again that cannot be decided now. */
const AGAIN_MS = 250
/** After so many tries another node may be better off. */
const TRIES = 8
/** All nodes read in the name of one consumer, so that whoever comes next sees what was left. */
const CONSUMER = 'gateway'

export class PushStream {
  readonly #options: PushStreamOptions
  readonly #keys: SettleKeys
  readonly #lease: Lease
  #stopping = new AbortController()
  /** Ends the wait for what takes too long. */
  #cutting = new AbortController()
  #running: Promise<void> | undefined
  /** Why it cannot be read here, or null. */
  #error: string | null = null
  #isReader = false

  constructor(options: PushStreamOptions) {
    this.#options = options
    const { name, group, node, keys, history, leaseMs, command } = options
    this.#keys = { stream: name, group, bus: keys.bus, count: keys.count, history }
    this.#lease = new Lease({ key: keys.lease, holder: node, ms: leaseMs, command })
  }

  get status(): PushStreamStatus {
    return { name: this.#options.name, isReader: this.#isReader, error: this.#error }
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#cutting = new AbortController()
    const { signal } = this.#stopping
    // Of an earlier time something may be under way still.
    this.#running = Promise.resolve(this.#running).then(() => this.#run(signal))
  }

  /** What has been begun is settled first, when that does not take too long; else it is left to the next reader. */
  async stop(over: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await untilOver(Promise.resolve(this.#running), over)
    this.#cutting.abort()
  }

  /** Waits for the right to read, and reads for as long as it lasts. */
  async #run(stopping: AbortSignal): Promise<void> {
    const { leaseMs } = this.#options
    while (!stopping.aborted) {
      try {
        if (await this.#lease.take()) {
          await this.#lead(stopping)
        }
      } catch (error) {
        this.#complain(error)
      }
      await pauseUntilOver(Math.min(leaseMs / 3, LOOK_MS), stopping)
    }
  }

  async #lead(stopping: AbortSignal): Promise<void> {
    const { redisUrl, leaseMs } = this.#options
    const losing = new AbortController()
    const renewal = setInterval(() => {
      this.#lease.renew().then(
        isHeld => isHeld || losing.abort(),
        () => losing.abort(),
      )
    }, leaseMs / 3)
    const over = AbortSignal.any([stopping, losing.signal])
    let connection: RedisConnection | undefined
    try {
      connection = await RedisConnection.open(redisUrl)
      // A wait under way ends at once. What was taken and has not come yet is the next reader's.
      over.addEventListener('abort', connection.close.bind(connection), { once: true })
      await this.#createGroup()
      await this.#read(connection, over)
    } catch (error) {
      if (!over.aborted) throw error
    } finally {
      this.#isReader = false
      clearInterval(renewal)
      connection?.close()
      // Another node need not wait then.
      if (!losing.signal.aborted) await this.#lease.giveBack()
    }
  }

  async #createGroup(): Promise<void> {
    const { command, name, group } = this.#options
    try {
      await command(['XGROUP', 'CREATE', name, group, '0', 'MKSTREAM'])
    } catch (error) {
      if (!(error instanceof Error && /BUSYGROUP/.test(error.message))) throw error
    }
  }

  /** First what another reader has left unsettled, then what is new. */
  async #read(connection: RedisConnection, over: AbortSignal): Promise<void> {
    const { name, group, node, keys } = this.#options
    const place = { lease: keys.lease, holder: node, stream: name, group, consumer: CONSUMER }
    let from: '0' | '>' = '0'
    while (!over.aborted) {
      const reply = await connection.command(takeCommand(place, from, BATCH.entries))
      // Another node reads.
      if (reply === null) return
      this.#reads()
      const [streams = null, last = null] = listOf(reply)
      const entries = streamsOf(streams).get(name) ?? []
      if (entries.length > 0) {
        if (!(await this.#settle(entries, over))) return
      } else if (from === '0') from = '>'
      else await connection.command([...WAIT_FOR_ONE, name, String(last)], BLOCK_MS)
    }
  }

  /**
   * Takes entries one after the other.
   * @returns false when one of them could not be decided: it and those behind it are the next reader's
   */
  async #settle(entries: readonly StreamEntry[], over: AbortSignal): Promise<boolean> {
    let settled: Settled[] = []
    let bytes = 0
    for (const entry of entries) {
      const one = await this.#decide(entry, over)
      if (one === undefined) {
        await this.#hand(settled)
        return false
      }
      settled.push(one)
      bytes += one.kind === 'message' ? one.batch.length : 0
      if (bytes < BATCH.bytes) continue
      await this.#hand(settled)
      settled = []
      bytes = 0
    }
    await this.#hand(settled)
    return true
  }

  async #hand(settled: readonly Settled[]): Promise<void> {
    if (settled.length === 0) return
    const { command, log, name } = this.#options
    await command(settleCommand(this.#keys, settled))
    const dead = settled.filter(one => one.kind === 'dead')
    for (const { id, reason } of dead) {
      log.warn({ event: 'push', stream: name, entry: id, reason }, 'an entry of the stream is no push')
    }
    log.info(
      { event: 'push', stream: name, pushed: settled.length - dead.length, failed: dead.length },
      'pushed',
    )
  }

  /** @returns undefined when it could not be decided: the right to read was lost, or the listener is not there */
  async #decide({ id, fields }: StreamEntry, over: AbortSignal): Promise<Settled | undefined> {
    // It has been deleted since somebody began with it.
    if (fields.size === 0) return { id, kind: 'nothing' }
    for (let tries = 0; !over.aborted && tries < TRIES; tries++) {
      try {
        const preparing = Promise.resolve(this.#options.prepare(readPush(fields)))
        const prepared = await untilOver(preparing, this.#cutting.signal)
        return prepared && settledBy(id, prepared)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        if (error.status !== 409 && error.status !== 503) {
          return { id, kind: 'dead', data: dataOf(fields), reason: error.detail }
        }
        // The gateway is stopped, or its listener is not there: neither is the push's fault.
        await pauseUntilOver(AGAIN_MS, over)
      }
    }
    return undefined
  }

  #reads(): void {
    this.#error = null
    if (this.#isReader) return
    this.#isReader = true
    const { log, name } = this.#options
    log.info({ event: 'cluster.node', stream: name }, 'this node reads the stream of pushes')
  }

  /** Once for each reason: it is tried again. */
  #complain(error: unknown): void {
    const { log, name } = this.#options
    const why = error instanceof Error ? error.message : String(error)
    if (why === this.#error) return
    this.#error = why
    log.warn(
      { event: 'cluster.away', stream: name, reason: why },
      `the stream of pushes cannot be read: ${why}`,
    )
  }
}
