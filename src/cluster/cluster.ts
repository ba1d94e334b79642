/** This node among the others: says what it has to say, and carries out what it hears. */
import { hostname } from 'node:os'
import { Bus } from '../backplane/bus.ts'
import type { BusRecord, Hello, Load } from '../backplane/records.ts'
import { nodeOf } from '../connections/id.ts'
import { isBinaryFrame, payloadOf } from '../delivery/encode.ts'
import type { Recipients } from '../delivery/recipients.ts'
import type { Logger } from '../log.ts'
import type { OtherNodes } from '../messages.ts'
import type { Presence } from '../presence/presence.ts'
import type { Peers } from './all-nodes.ts'
import { Inquiries, replyText } from './inquiries.ts'
import { BEATS_TO_DEATH, Members, type NodeStatus } from './members.ts'
import type { Order, Question } from './questions.ts'
import { fromRemote, toRemote } from './remote-recipients.ts'

export interface ClusterOptions {
  /** This node's id. */
  readonly node: string
  readonly gatewayId: string
  readonly redisUrl: string
  readonly redisHistory: number
  readonly redisBufferBytes: number
  readonly nodeTimeoutMs: number
  readonly log: Logger
  readonly presence: Presence
  /** How much this node holds. */
  load(): Load
  /** Delivers a message of another node. @returns to how many connections */
  deliver(payload: Buffer, isBinary: boolean, to: Recipients): number
  /** Another node has published a push of this key. @param recipients how many it went to here */
  pushed(key: string, recipients: number): void
  /** Answers for this node. */
  answer(question: Question): unknown
}

/** What `GET /status` says of it. */
export interface BackplaneStatus {
  readonly state: 'joined' | 'away'
  /** Why Redis is away, or null. */
  readonly error: string | null
  /** What waits to be sent to the other nodes. */
  readonly bufferedMessages: number
  readonly bufferedBytes: number
  readonly published: number
  readonly received: number
  /** What has come twice, and was taken once. */
  readonly repeats: number
  /** What had to go because too much waited. */
  readonly dropped: number
  /** What other nodes have sent and never arrived here. */
  readonly missed: number
}

/** Nobody is waited for longer before the first client may come. */
const JOIN_MS = 3000
/** After Redis was away, all have so long to come back before anyone is taken for dead. */
const COMEBACK_MS = 6000

export class Cluster implements OtherNodes, Peers {
  readonly bus: Bus
  readonly #options: ClusterOptions
  readonly #members = new Members()
  readonly #inquiries = new Inquiries()
  #error: string | null = 'not joined yet'
  #isJoined = false
  #beats: NodeJS.Timeout | undefined
  /** Nodes whose state has yet to come before the first client may. */
  #expected: Set<string> | undefined
  /** Snapshots of this node that it has not read back yet. */
  #snapshots = 0
  #isAsking = false
  #dropped = { count: 0, told: 0 }
  #whenDecided: (() => void)[] = []

  constructor(options: ClusterOptions) {
    this.#options = options
    const { node, gatewayId, redisUrl, redisHistory, redisBufferBytes, log } = options
    this.bus = new Bus({
      url: redisUrl,
      // In braces, so that all keys of a gateway have one place in a Redis Cluster.
      prefix: `websocket-gateway:{${gatewayId}}`,
      node,
      history: redisHistory,
      bufferBytes: redisBufferBytes,
      events: {
        opened: isFirst => void this.#introduce(isFirst),
        away: error => this.#away(error),
        received: (from, record, payload) => this.#received(from, record, payload),
        addressed: fields => void this.#addressed(fields),
        missed: (from, count) => this.#missed(from, count),
        dropped: count => this.#noteDropped(count),
        strange: (id, error) =>
          log.error({ event: 'error', err: error, entry: id }, 'an entry in Redis is none of a gateway'),
      },
    })
    options.presence.publishTo(record => this.bus.say(record))
  }

  get node(): string {
    return this.#options.node
  }

  get live(): readonly string[] {
    return this.#members.live
  }

  get isJoined(): boolean {
    return this.#isJoined
  }

  /** Why Redis is away, or null. */
  get error(): string | null {
    return this.#error
  }

  get status(): BackplaneStatus {
    const { published, received, repeats, missed } = this.bus.counters
    const { messages, bytes, dropped } = this.bus.buffered
    return {
      state: this.#isJoined ? 'joined' : 'away',
      error: this.#error,
      bufferedMessages: messages,
      bufferedBytes: bytes,
      ...{ published, received, repeats, dropped, missed },
    }
  }

  get nodes(): NodeStatus[] {
    const { node, load } = this.#options
    return this.#members.statusWith({ id: node, host: hostname(), ...load(), self: true })
  }

  /** Whether a connection that is not here may be open at another node. */
  isElsewhere(id: string): boolean {
    const node = nodeOf(id)
    return node !== undefined && this.#members.has(node)
  }

  /** @returns when this node has joined, or Redis is known to be away. @throws RedisRefusal */
  async start(): Promise<void> {
    await this.bus.start()
    const beatMs = this.#options.nodeTimeoutMs / BEATS_TO_DEATH
    this.#beats = setInterval(() => this.#beat(), beatMs)
    this.#beats.unref()
    if (this.#isJoined || this.#error !== 'not joined yet') return
    let late: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#whenDecided.push(resolve)
      late = setTimeout(() => {
        this.#expectNoMore()
        resolve()
      }, JOIN_MS)
    })
    clearTimeout(late)
  }

  /** Goes, within a time. */
  async stop(signal: AbortSignal): Promise<void> {
    clearInterval(this.#beats)
    // Any of the others will do: it waits for those who were here to come back.
    const [heir] = this.#members.live
    this.bus.say({ kind: 'bye', heir })
    if (this.#isJoined) await this.bus.command(['HDEL', this.#nodesKey, this.#options.node]).catch(this.#lost)
    await this.bus.stop(signal)
    for (const node of this.#members.live) this.#members.went(node)
    this.#isJoined = false
    this.#error = 'not joined yet'
  }

  publish(frame: Buffer, to: Recipients, key?: string): number {
    const { node } = this.#options
    const remote = toRemote(to, node)
    const isBinary = isBinaryFrame(frame)
    this.bus.publish(
      {
        kind: 'message',
        ...(isBinary && { isBinary }),
        ...(remote && { to: remote }),
        ...(key !== undefined && { key }),
      },
      payloadOf(frame),
    )
    return this.#isJoined ? 1 + this.#members.size : 1
  }

  room(): Promise<void> | undefined {
    return this.bus.room()
  }

  async ask(node: string, question: Question): Promise<unknown> {
    const from = this.#options.node
    const send = (id: string): void => {
      this.bus.address(node, { from, id, ask: JSON.stringify(question) }).catch(this.#lost)
    }
    return (await this.#inquiries.make([node], send)).get(node)
  }

  async order(order: Order, nodes: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    const { node } = this.#options
    if (nodes.length === 0) {
      this.bus.publish({ kind: 'order', order })
      return new Map()
    }
    return this.#inquiries.make(nodes, question =>
      this.bus.publish({ kind: 'order', order, reply: { node, question } }),
    )
  }

  /** A command went with its session, which is told where it ends; the next session says all anew. */
  readonly #lost = (error: unknown): void => {
    this.#options.log.debug({ event: 'cluster.away', err: error }, 'a command was lost with its session')
  }

  get #nodesKey(): string {
    return `${this.bus.prefix}:nodes`
  }

  /** Says who this is and what it holds, at the beginning of a session. */
  async #introduce(isFirst: boolean): Promise<void> {
    const { node, nodeTimeoutMs } = this.#options
    this.#snapshots = 0
    this.#members.excuse(Math.ceil((COMEBACK_MS * BEATS_TO_DEATH) / nodeTimeoutMs))
    try {
      if (isFirst) {
        const known = await this.bus.command(['HKEYS', this.#nodesKey])
        const nodes = Array.isArray(known) ? known.map(String) : []
        this.#expected = new Set(nodes.filter(other => other !== node))
      }
      this.#sayHello(isFirst)
      await this.bus.command(['HSET', this.#nodesKey, node, hostname()])
    } catch (error) {
      this.#lost(error)
    }
  }

  #sayHello(isNew: boolean): void {
    if (isNew) this.#isAsking = true
    const hello: Hello = { kind: 'hello', host: hostname(), isNew, ...this.#options.load() }
    this.bus.say(hello)
    this.#sayAll()
  }

  #sayAll(): void {
    this.#snapshots++
    this.#options.presence.publishAll()
  }

  #beat(): void {
    this.#tellDropped()
    if (!this.#isJoined) return
    const { node, load } = this.#options
    this.bus.say({ kind: 'beat', host: hostname(), ...load() })
    // Whoever comes looks there for whom to wait for.
    this.bus.command(['HSET', this.#nodesKey, node, hostname()]).catch(this.#lost)
  }

  #received(from: string, record: BusRecord, payload: Buffer): void {
    const { node, presence, deliver, pushed } = this.#options
    const isOwn = from === node
    if (!isOwn) this.#members.heard(from)
    switch (record.kind) {
      case 'message': {
        if (isOwn) break
        const count = deliver(payload, record.isBinary === true, fromRemote(record.to, node))
        if (record.key !== undefined) pushed(record.key, count)
        break
      }
      case 'order':
        if (!isOwn) void this.#carryOut(record.order, record.reply)
        break
      case 'hello':
        if (isOwn) this.#heardOwnHello(record)
        else {
          this.#came(from, record)
          // What this node says of itself later than that answers it already.
          if (record.isNew && this.#snapshots === 0) this.#sayAll()
        }
        break
      case 'beat':
        if (isOwn) for (const dead of this.#members.beat()) this.bus.say({ kind: 'dead', node: dead })
        else this.#came(from, record)
        break
      case 'bye':
        if (!isOwn) this.#went(from, record.heir, 'has gone')
        break
      case 'dead':
        if (record.node === node) this.#sayHello(false)
        else this.#went(record.node, from, 'is dead')
        break
      default:
        presence.take(from, record)
        if (record.kind !== 'snapshot' || !record.isLast) break
        if (isOwn) this.#snapshots--
        else this.#expectNoMore(from)
    }
  }

  #came(node: string, said: Load & { readonly host: string }): void {
    if (!this.#members.came(node, said.host, said)) return
    const { log } = this.#options
    log.info(
      { event: 'cluster.node', node, host: said.host, nodes: this.#members.size + 1 },
      'a node is there',
    )
  }

  #went(node: string, heir: string | undefined, what: 'has gone' | 'is dead'): void {
    const { presence, log } = this.#options
    presence.nodeGone(node, heir)
    this.#expectNoMore(node)
    if (!this.#members.went(node)) return
    if (what === 'is dead') this.bus.command(['HDEL', this.#nodesKey, node]).catch(this.#lost)
    log[what === 'is dead' ? 'warn' : 'info'](
      { event: 'cluster.node', node, nodes: this.#members.size + 1 },
      `a node ${what}`,
    )
  }

  #heardOwnHello({ isNew }: Hello): void {
    if (isNew) this.#isAsking = false
    if (this.#expected === undefined || this.#expected.size === 0) this.#joined()
  }

  /** The state of this node has come, or will not come; of all when none is named. */
  #expectNoMore(node?: string): void {
    if (this.#expected === undefined) return
    if (node !== undefined) this.#expected.delete(node)
    else {
      // They have died when nobody was there to see it.
      for (const gone of this.#expected)
        if (!this.#members.has(gone)) this.bus.command(['HDEL', this.#nodesKey, gone]).catch(this.#lost)
      this.#expected.clear()
    }
    if (this.#expected.size === 0 && !this.#isAsking) this.#joined()
  }

  #joined(): void {
    this.#expected = undefined
    if (this.#isJoined) return
    const { log } = this.#options
    const wasAway = this.#error !== 'not joined yet'
    this.#isJoined = true
    this.#error = null
    log.info(
      { event: wasAway ? 'cluster.back' : 'cluster.join', nodes: this.#members.size + 1 },
      wasAway
        ? 'Redis is back, and this node has joined the others again'
        : 'this node has joined the others',
    )
    this.#decided()
  }

  #away(error: Error): void {
    const { log } = this.#options
    const why = error.message || error.name
    if (this.#error !== why) {
      log.warn(
        { event: 'cluster.away', reason: why },
        `Redis is away: ${why}; what is meant for other nodes is kept`,
      )
    }
    this.#isJoined = false
    this.#error = why
    this.#decided()
  }

  #decided(): void {
    for (const resolve of this.#whenDecided.splice(0)) resolve()
  }

  async #addressed(fields: ReadonlyMap<string, Buffer>): Promise<void> {
    const text = (name: string): string => fields.get(name)?.toString() ?? ''
    const [from, id, question] = [text('from'), text('id'), text('ask')]
    if (fields.has('answer')) this.#inquiries.take(id, from, text('answer'))
    else await this.#reply(from, id, () => this.#options.answer(JSON.parse(question) as Question))
  }

  async #carryOut(order: Order, reply: { readonly node: string; readonly question: string } | undefined) {
    if (reply === undefined) this.#options.answer(order)
    else await this.#reply(reply.node, reply.question, () => this.#options.answer(order))
  }

  async #reply(to: string, id: string, answer: () => unknown): Promise<void> {
    const { node, log } = this.#options
    try {
      await this.bus.address(to, { from: node, id, answer: await replyText(answer) })
    } catch (error) {
      log.warn({ event: 'error', err: error }, 'another node gets no answer')
    }
  }

  #missed(from: string, count: number): void {
    const { log } = this.#options
    if (count > 0) {
      log.error(
        { event: 'cluster.lost', node: from, missed: count },
        `${count} messages of another node never arrived here: this node was away for longer than the history in Redis, or they were dropped`,
      )
    }
    // What is known of who is where may be wrong: all say it anew.
    if (this.#isJoined && !this.#isAsking) this.#sayHello(true)
  }

  #noteDropped(count: number): void {
    this.#dropped.count += count
    if (this.#dropped.told === 0) this.#tellDropped()
  }

  #tellDropped(): void {
    const count = this.#dropped.count - this.#dropped.told
    if (count === 0) return
    this.#dropped.told = this.#dropped.count
    this.#options.log.error(
      { event: 'cluster.lost', dropped: count },
      `${count} messages for other nodes had to go: more than WS_REDIS_BUFFER_BYTES waited`,
    )
  }
}
