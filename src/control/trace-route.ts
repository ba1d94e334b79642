/** `GET /trace`: what a connection, or those of a user, send and get, at whichever node they are. */
import { randomUUID } from 'node:crypto'
import { notOpen } from '../cluster/all-nodes.ts'
import type { Gateway } from '../gateway.ts'
import { orAfter } from '../or-after.ts'
import { Problem } from '../problem.ts'
import type { TracePart } from '../tracing/polled-traces.ts'
import type { Traced } from '../tracing/trace.ts'
import { pauseUntilOver } from '../until-over.ts'
import type { Answer, Call } from './call.ts'
import type { EventStream } from './event-stream.ts'
import { numberIn } from './number-in.ts'

const SECONDS = { default: 600, most: 3600 }
const SHOWN_BYTES = { default: 1024, most: 65_536 }
/** How often each node is asked what is new. */
const EVERY_MS = 250

export async function trace({ gateway, query, log }: Call): Promise<Answer> {
  const whose = whoseOf(query)
  const seconds = numberIn(query, 'seconds', 1, SECONDS)
  const shownBytes = numberIn(query, 'bytes', 0, SHOWN_BYTES)
  const owner = 'connection' in whose ? await ownerOf(gateway, whose.connection) : undefined
  const tracer = new Tracer(gateway, { id: randomUUID(), whose, shownBytes, owner })
  let first: readonly Part[] = []
  return {
    status: 200,
    // Whatever speaks against it, such as too many traces, is said before the stream begins.
    async prepare() {
      first = await tracer.begin()
      // Somebody reads what clients send: that is to be known.
      log.info({ event: 'control.call', path: '/trace', ...whose, seconds }, 'a trace begins')
    },
    async stream(events) {
      const end = orAfter(events.signal, seconds * 1000)
      try {
        const reason = await follow(tracer, first, events, end)
        events.send('end', { reason })
      } finally {
        await tracer.stop()
      }
    },
  }
}

/** @returns the node that has a connection. @throws Problem 404 */
async function ownerOf({ nodes }: Gateway, id: string): Promise<string> {
  const isOpen = (await nodes.connection(id)) !== undefined
  return (isOpen ? nodes.ownerOf(id) : undefined) ?? notOpen(id)
}

/** @returns why it has ended */
async function follow(
  tracer: Tracer,
  first: readonly Part[],
  events: EventStream,
  end: AbortSignal,
): Promise<string> {
  for (let parts = first; ; parts = await tracer.goOn()) {
    for (const { node, part } of parts) {
      for (const event of part.events) events.send('trace', node === undefined ? event : { ...event, node })
      if (part.dropped > 0) events.send('dropped', { count: part.dropped })
      if (part.end !== undefined) return part.end
    }
    if (end.aborted) return 'time is up'
    // When its time is up there is one last look, at what has come in the meantime.
    await pauseUntilOver(EVERY_MS, end)
  }
}

interface TracerOptions {
  readonly id: string
  readonly whose: Traced
  readonly shownBytes: number
  /** The node that has the connection; undefined asks all, also those that come later. */
  readonly owner: string | undefined
}

interface Part {
  /** Undefined without a cluster. */
  readonly node: string | undefined
  readonly part: TracePart
}

/** One trace, at all nodes that it concerns. */
class Tracer {
  readonly #gateway: Gateway
  readonly #options: TracerOptions
  /** Each node that was asked, and the last part that has come from it. */
  readonly #seen = new Map<string, number | undefined>()

  constructor(gateway: Gateway, options: TracerOptions) {
    this.#gateway = gateway
    this.#options = options
  }

  /** @throws Problem when a node cannot trace; then none does */
  async begin(): Promise<Part[]> {
    try {
      return await this.#next()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** What has happened since; it ends when a node does not trace any more. */
  async goOn(): Promise<Part[]> {
    try {
      return await this.#next()
    } catch (error) {
      if (error instanceof Problem) return [ended(undefined, error.detail)]
      throw error
    }
  }

  async #next(): Promise<Part[]> {
    const { id, whose, shownBytes } = this.#options
    const { nodes } = this.#gateway
    const concerned = this.#nodes()
    if (concerned.length === 0) return [ended(this.#options.owner, 'the node of the connection has gone')]
    const parts = await Promise.all(
      concerned.map(async node => {
        const seen = this.#seen.get(node)
        this.#seen.set(node, seen)
        const part = await nodes.ask(node, { ask: 'trace', trace: id, whose, shownBytes, seen })
        if (part === undefined) return undefined
        this.#seen.set(node, part.number)
        return { node: nodes.isCluster ? node : undefined, part }
      }),
    )
    return parts.filter(part => part !== undefined)
  }

  async stop(): Promise<void> {
    const { nodes } = this.#gateway
    const live = this.#nodes().filter(node => this.#seen.has(node))
    await Promise.all(live.map(node => nodes.ask(node, { ask: 'untrace', trace: this.#options.id })))
  }

  #nodes(): readonly string[] {
    const { owner } = this.#options
    const { live } = this.#gateway.nodes
    return owner === undefined ? live : live.filter(node => node === owner)
  }
}

/** Nothing has happened, and nothing will. */
function ended(node: string | undefined, end: string): Part {
  return { node, part: { number: 0, events: [], dropped: 0, end } }
}

/** @throws Problem 400 */
function whoseOf(query: URLSearchParams): Traced {
  const connection = query.get('connection')
  const user = query.get('user')
  if ((connection === null) === (user === null)) {
    throw new Problem(400, 'takes either connection=ID or user=USER')
  }
  return connection !== null ? { connection } : { user: user ?? '' }
}
