/** This node among the others: what it sends them, what it asks them, and what it does when they send or ask. */
import { Bus } from '../backplane/bus.ts'
import { History } from '../backplane/history.ts'
import type { BusRecord, OrderRecord } from '../backplane/records.ts'
import { nodeOf } from '../connections/id.ts'
import { isBinaryFrame, payloadOf } from '../delivery/encode.ts'
import type { Recipients } from '../delivery/recipients.ts'
import type { Logger } from '../log.ts'
import type { OtherNodes } from '../messages.ts'
import type { Presence } from '../presence/presence.ts'
import { untilOver } from '../until-over.ts'
import type { Peers } from './all-nodes.ts'
import { Attendance } from './attendance.ts'
import { Inquiries, replyText } from './inquiries.ts'
import { Losses } from './losses.ts'
import type { Order, Question } from './questions.ts'
import { fromRemote, toRemote } from './remote-recipients.ts'
import type { BackplaneStatus, Load, NodeStatus } from './status.ts'

export interface ClusterOptions {
  /** This node's id. */
  readonly node: string
  readonly gatewayId: string
  readonly redisUrl: string
  readonly redisHistory: number
  readonly redisHistoryBytes: number
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

export class Cluster implements OtherNodes, Peers {
  readonly node: string
  readonly bus: Bus
  /** How much is kept in Redis for who was away. */
  readonly history: History
  readonly #options: ClusterOptions
  readonly #attendance: Attendance
  readonly #inquiries = new Inquiries()
  readonly #losses: Losses

  constructor(options: ClusterOptions) {
    this.#options = options
    const { node, gatewayId, redisUrl: url, nodeTimeoutMs, log, presence, load } = options
    this.node = node
    this.#losses = new Losses(log)
    this.history = new History(options.redisHistory, options.redisHistoryBytes)
    this.bus = new Bus({
      url,
      // In braces, so that all keys of a gateway have one place in a Redis Cluster.
      prefix: `websocket-gateway:{${gatewayId}}`,
      node,
      history: this.history,
      bufferBytes: options.redisBufferBytes,
      events: {
        opened: isFirst => void this.#attendance.introduce(isFirst),
        away: error => this.#attendance.away(error),
        received: (from, record, payload) => this.#received(from, record, payload),
        addressed: fields => void this.#addressed(fields),
        missed: (from, count) => {
          if (count > 0) this.#losses.missed(from, count)
          this.#attendance.missed(from)
        },
        dropped: count => this.#losses.dropped(count),
        strange: (id, error) =>
          log.error({ event: 'error', err: error, entry: id }, 'an entry in Redis is none of a gateway'),
      },
    })
    const { bus } = this
    this.#attendance = new Attendance({
      ...{ node, nodeTimeoutMs, log, presence, load },
      key: `${bus.prefix}:nodes`,
      say: record => bus.say(record),
      command: words => bus.command(words),
    })
    presence.publishTo(record => bus.say(record))
  }

  /** The other nodes that live. */
  get live(): readonly string[] {
    return this.#attendance.live
  }

  /** Why Redis is away, or null. */
  get error(): string | null {
    return this.#attendance.error
  }

  get status(): BackplaneStatus {
    const { isJoined, error, lagMs } = this.#attendance
    const { published } = this.bus.counters
    const { received, repeats, missed } = this.bus.read
    const { messages, bytes, dropped } = this.bus.buffered
    return {
      state: isJoined ? 'joined' : 'away',
      error,
      lagMs,
      bufferedMessages: messages,
      bufferedBytes: bytes,
      ...{ published, received, repeats, dropped, missed },
    }
  }

  get nodes(): NodeStatus[] {
    return this.#attendance.nodes
  }

  /** Whether a connection that is not here may be open at another node. */
  isElsewhere(id: string): boolean {
    const node = nodeOf(id)
    if (node === undefined || node === this.node) return false
    // As long as it is not known who lives, anyone may.
    return !this.#attendance.isJoined || this.#attendance.has(node)
  }

  /** @returns when this node has joined, or Redis is known to be away. @throws RedisRefusal */
  async start(): Promise<void> {
    await this.bus.start()
    await this.#attendance.start()
  }

  /** Goes, within a time. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#losses.tell()
    const left = await this.bus.flushed(signal)
    if (left > 0) this.#losses.left(left)
    await untilOver(this.#attendance.stop(), signal)
    await this.bus.stop(signal)
    this.#attendance.reset()
  }

  publish(frame: Buffer, to: Recipients, key?: string): number {
    const remote = toRemote(to, this.node)
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
    return this.#attendance.isJoined ? this.#attendance.size : 1
  }

  /** Whether what is published is kept until Redis is back. */
  get isKeeping(): boolean {
    return !this.#attendance.isJoined
  }

  room(): Promise<void> | undefined {
    return this.bus.room()
  }

  async ask(node: string, question: Question): Promise<unknown> {
    const asked = { from: this.node, ask: JSON.stringify(question) }
    return (await this.#inquiries.make([node], id => this.bus.address(node, { ...asked, id }))).get(node)
  }

  async order(order: Order, nodes: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    if (nodes.length === 0) {
      this.bus.publish({ kind: 'order', order })
      return new Map()
    }
    return this.#inquiries.make(nodes, async question =>
      this.bus.publish({ kind: 'order', order, reply: { node: this.node, question } }),
    )
  }

  #received(from: string, record: BusRecord, payload: Buffer): void {
    const isOwn = from === this.node
    if (!isOwn) this.#attendance.heard(from)
    switch (record.kind) {
      case 'message': {
        if (isOwn) break
        const { deliver, pushed } = this.#options
        const count = deliver(payload, record.isBinary === true, fromRemote(record.to, this.node))
        if (record.key !== undefined) pushed(record.key, count)
        break
      }
      case 'order':
        if (!isOwn) this.#carryOut(record)
        break
      case 'hello':
      case 'beat':
      case 'bye':
      case 'dead':
        this.#attendance.take(from, record)
        if (isOwn && record.kind === 'beat') this.#losses.tell()
        break
      default:
        this.#options.presence.take(from, record)
        if (record.kind === 'snapshot' && record.isLast) this.#attendance.snapshotRead(from)
    }
  }

  async #addressed(fields: ReadonlyMap<string, Buffer>): Promise<void> {
    const text = (name: string): string => fields.get(name)?.toString() ?? ''
    const [from, id, question] = [text('from'), text('id'), text('ask')]
    if (fields.has('answer')) this.#inquiries.take(id, from, text('answer'))
    else await this.#reply(from, id, () => this.#options.answer(JSON.parse(question) as Question))
  }

  #carryOut({ order, reply }: OrderRecord): void {
    const { id } = order.whose
    // Of a connection, the node that has it is the only one that is waited for.
    if (id !== undefined && nodeOf(id) !== this.node) return
    if (reply === undefined) this.#options.answer(order)
    else void this.#reply(reply.node, reply.question, () => this.#options.answer(order))
  }

  async #reply(to: string, id: string, answer: () => unknown): Promise<void> {
    try {
      await this.bus.address(to, { from: this.node, id, answer: await replyText(answer) })
    } catch (error) {
      this.#options.log.warn({ event: 'error', err: error }, 'another node gets no answer')
    }
  }
}
