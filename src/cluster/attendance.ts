/** Who is in the cluster: how this node joins and leaves it, and what it makes of the others' signs of life. */
import { hostname } from 'node:os'
import type { RedisReply, Words } from '../backplane/connection.ts'
import type { Beat, Bye, Dead, Hello, State } from '../backplane/records.ts'
import type { Logger } from '../log.ts'
import type { Presence } from '../presence/presence.ts'
import { BEATS_TO_DEATH, Members } from './members.ts'
import type { Load, NodeStatus } from './status.ts'

export interface AttendanceOptions {
  /** This node's id. */
  readonly node: string
  /** The key in Redis at which the nodes stand that have joined. */
  readonly key: string
  readonly nodeTimeoutMs: number
  readonly log: Logger
  readonly presence: Presence
  /** How much this node holds. */
  load(): Load
  /** Says how it is here, to all. */
  say(record: State): void
  /** @throws when Redis is away */
  command(words: Words): Promise<RedisReply>
}

/** Nobody is waited for longer before the first client may come. */
const JOIN_MS = 3000
/** After Redis was away, all have so long to come back before anyone is taken for dead. */
const COMEBACK_MS = 6000
/** In place of what is wrong, before the first session. */
const NOT_YET = 'not joined yet'

export class Attendance {
  readonly #options: AttendanceOptions
  readonly #host = hostname()
  readonly #members = new Members()
  #error: string | null = NOT_YET
  #beats: NodeJS.Timeout | undefined
  /** Whether a beat has not been read back yet. */
  #isBeating = false
  /** When the last beat was given, and how long it took to come back. */
  #beatAt = 0
  #lagMs = 0
  /** Nodes whose state has yet to come before the first client may. */
  #expected: Set<string> | undefined
  /** Snapshots of this node that it has not read back yet. */
  #snapshots = 0
  /** Whether it has asked all for what they hold, and has not read that back yet. */
  #isAsking = false
  /** Whether the others know of this node: it has said hello, and nobody has taken it for dead since. */
  #isKnown = false
  /** The end of the time that others have to say what they hold. */
  #late: NodeJS.Timeout | undefined
  #whenDecided: (() => void)[] = []

  constructor(options: AttendanceOptions) {
    this.#options = options
  }

  get isJoined(): boolean {
    return this.#error === null
  }

  /** Why this node is not joined, or null. */
  get error(): string | null {
    return this.#error
  }

  /** How long the last beat took to come back; the one that is under way counts when it takes longer already. */
  get lagMs(): number {
    const underWay = this.#isBeating ? performance.now() - this.#beatAt : 0
    return Math.round(Math.max(this.#lagMs, underWay) * 100) / 100
  }

  /** The other nodes that live. */
  get live(): string[] {
    return this.#members.live
  }

  /** How many nodes live, with this one. */
  get size(): number {
    return 1 + this.#members.size
  }

  has(node: string): boolean {
    return this.#members.has(node)
  }

  /** All nodes, with this one. */
  get nodes(): NodeStatus[] {
    const { node, load } = this.#options
    return this.#members.statusWith({ id: node, host: this.#host, ...load(), self: true })
  }

  /** Begins to give signs of life. @returns when this node has joined, or Redis is known to be away */
  async start(): Promise<void> {
    this.#beats = setInterval(() => this.#beat(), this.#options.nodeTimeoutMs / BEATS_TO_DEATH)
    this.#beats.unref()
    if (this.#error !== NOT_YET) return
    let late: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#whenDecided.push(resolve)
      late = setTimeout(resolve, JOIN_MS)
    })
    clearTimeout(late)
  }

  /** Says goodbye. */
  async stop(): Promise<void> {
    const { node, key, say } = this.#options
    clearInterval(this.#beats)
    clearTimeout(this.#late)
    // Any of the others will do: it waits for those who were here to come back.
    say({ kind: 'bye', heir: this.live[0] })
    if (this.isJoined) await this.#try(['HDEL', key, node])
  }

  /** All that has been heard is of the past. */
  reset(): void {
    for (const other of this.live) this.#members.went(other)
    this.#error = NOT_YET
    this.#expected = undefined
    this.#isAsking = false
    this.#isKnown = false
    this.#isBeating = false
  }

  /** Says who this is and what it holds, at the beginning of a session. */
  async introduce(isFirst: boolean): Promise<void> {
    const { node, key, nodeTimeoutMs } = this.#options
    this.#snapshots = 0
    this.#isBeating = false
    this.#members.excuse(Math.ceil((COMEBACK_MS * BEATS_TO_DEATH) / nodeTimeoutMs))
    // What an earlier session could not ask, or has not heard itself ask, is asked again.
    this.#isAsking ||= isFirst
    if (isFirst) {
      const known = await this.#try(['HKEYS', key])
      const nodes = Array.isArray(known) ? known.map(String) : []
      this.#expected = new Set(nodes.filter(other => other !== node))
      this.#options.presence.expect(this.#expected)
    }
    if (this.#expected !== undefined) {
      clearTimeout(this.#late)
      this.#late = setTimeout(() => this.#giveUpWaiting(), JOIN_MS)
      this.#late.unref()
    }
    this.#sayHello(this.#isAsking)
    await this.#try(['HSET', key, node, this.#host])
  }

  away(error: Error): void {
    const why = (error.message || error.name).replace(/\.$/, '')
    if (this.#error !== why) {
      this.#options.log.warn(
        { event: 'cluster.away', reason: why },
        `Redis is away: ${why}; what is meant for other nodes is kept`,
      )
    }
    this.#error = why
    clearTimeout(this.#late)
    this.#decided()
  }

  /** An entry of another node has been read. */
  heard(node: string): void {
    this.#members.heard(node)
  }

  /** Entries were missed, so that what is known of who is where may be wrong: all say it anew. */
  missed(node: string): void {
    this.#options.presence.doubt(node)
    // Its own snapshots and beats may be among them.
    if (node === this.#options.node) {
      this.#snapshots = 0
      this.#isBeating = false
    }
    if (!this.#isAsking) this.#sayHello(true)
  }

  take(from: string, record: Hello | Beat | Bye | Dead): void {
    const { node, presence } = this.#options
    const isOwn = from === node
    switch (record.kind) {
      case 'hello':
        if (isOwn) this.#heardOwnHello(record)
        else {
          this.#came(from, record)
          // What this node says of itself later than that answers it already.
          if (record.isNew && this.#snapshots === 0) this.#sayHello(false)
        }
        break
      case 'beat':
        if (isOwn) this.#heardOwnBeat()
        else this.#came(from, record)
        break
      case 'bye':
        if (!isOwn) this.#went(from, record.heir, 'has gone')
        break
      case 'dead':
        if (record.node === node) {
          // For all the others it has gone; who was here comes in anew with what it says now.
          this.#isKnown = false
          presence.nodeGone(node, from)
          this.#sayHello(false)
        } else this.#went(record.node, from, 'is dead')
    }
  }

  /** The last part of what a node holds has been read. */
  snapshotRead(from: string): void {
    if (from === this.#options.node) this.#snapshots = Math.max(0, this.#snapshots - 1)
    else this.#expectNoMore(from)
  }

  #beat(): void {
    // While Redis hangs, beats that pile up would count the others' silence all at once.
    if (!this.isJoined || this.#isBeating) return
    this.#isBeating = true
    this.#beatAt = performance.now()
    const { node, key, say, load } = this.#options
    say({ kind: 'beat', host: this.#host, ...load() })
    // Whoever comes looks there for whom to wait for.
    void this.#try(['HSET', key, node, this.#host])
  }

  #sayHello(isNew: boolean): void {
    if (isNew) this.#isAsking = true
    this.#options.say({ kind: 'hello', host: this.#host, isNew, ...this.#options.load() })
    this.#snapshots++
    this.#options.presence.publishAll()
  }

  #came(node: string, said: Load & { readonly host: string }): void {
    const { host } = said
    if (!this.#members.came(node, host, said)) return
    this.#options.log.info({ event: 'cluster.node', node, host, nodes: this.size }, 'a node is there')
  }

  #went(node: string, heir: string | undefined, what: 'has gone' | 'is dead'): void {
    const { presence, log, key } = this.#options
    presence.nodeGone(node, this.#heirOf(node, heir))
    this.#expectNoMore(node)
    if (!this.#members.went(node)) return
    if (what === 'is dead') void this.#try(['HDEL', key, node])
    log[what === 'is dead' ? 'warn' : 'info'](
      { event: 'cluster.node', node, nodes: this.size },
      `a node ${what}`,
    )
  }

  /** Who waits for those that a node held. Two may go at once, each of them the other's heir: then another one does. */
  #heirOf(node: string, named: string | undefined): string | undefined {
    // Who does not know all others yet has no choice.
    if (this.#expected !== undefined) return named
    const known = this.#isKnown ? [...this.live, this.#options.node] : this.live
    const live = known.filter(other => other !== node).sort()
    return named !== undefined && live.includes(named) ? named : (live[0] ?? named)
  }

  #heardOwnBeat(): void {
    if (this.#isBeating) this.#lagMs = performance.now() - this.#beatAt
    this.#isBeating = false
    this.#isKnown = true
    for (const dead of this.#members.beat()) this.#options.say({ kind: 'dead', node: dead })
  }

  #heardOwnHello({ isNew }: Hello): void {
    this.#isKnown = true
    if (isNew) this.#isAsking = false
    if (this.#expected === undefined || this.#expected.size === 0) this.#joined()
  }

  #expectNoMore(node: string): void {
    if (!this.#expected?.delete(node)) return
    if (this.#expected.size === 0 && !this.#isAsking) this.#joined()
  }

  /** Those who have not answered have died when nobody was there to see it. */
  #giveUpWaiting(): void {
    for (const gone of this.#expected ?? []) {
      if (!this.#members.has(gone)) void this.#try(['HDEL', this.#options.key, gone])
    }
    this.#expected = undefined
    if (!this.#isAsking) this.#joined()
  }

  #joined(): void {
    this.#expected = undefined
    if (this.isJoined) return
    const wasAway = this.#error !== NOT_YET
    this.#error = null
    this.#options.log.info(
      { event: wasAway ? 'cluster.back' : 'cluster.join', nodes: this.size },
      wasAway
        ? 'Redis is back, and this node has joined the others again'
        : 'this node has joined the others',
    )
    this.#decided()
  }

  #decided(): void {
    for (const resolve of this.#whenDecided.splice(0)) resolve()
  }

  /** A command that goes with its session is told where that ends; the next session says all anew. */
  async #try(words: Words): Promise<RedisReply | undefined> {
    try {
      return await this.#options.command(words)
    } catch (error) {
      this.#options.log.debug({ event: 'cluster.away', err: error }, 'a command was lost with its session')
      return undefined
    }
  }
}
