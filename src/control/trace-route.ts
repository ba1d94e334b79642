/** `GET /trace`: what a connection, or those of a user, send and get, at whichever node they are. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { notOpen } from '../cluster/all-nodes.ts'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../problem.ts'
import type { TracePart } from '../tracing/polled-traces.ts'
import type { Traced } from '../tracing/trace.ts'
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
  const id = randomUUID()
  const { nodes } = gateway
  if ('connection' in whose && (await nodes.connection(whose.connection)) === undefined) {
    notOpen(whose.connection)
  }
  const owner = 'connection' in whose ? nodes.ownerOf(whose.connection) : undefined
  const tracer = new Tracer(gateway, { id, whose, shownBytes, owner })
  // Whatever speaks against it, such as too many traces, is said before the stream begins.
  const first = await tracer.next()
  // Somebody reads what clients send: that is to be known.
  log.info({ event: 'control.call', path: '/trace', ...whose, seconds }, 'a trace begins')
  return {
    status: 200,
    async stream(events) {
      const end = AbortSignal.any([events.signal, AbortSignal.timeout(seconds * 1000)])
      try {
        const reason = await follow(tracer, first, events, end)
        events.send('end', { reason })
      } finally {
        await tracer.stop()
      }
    },
  }
}

/** @returns why it has ended */
async function follow(
  tracer: Tracer,
  first: readonly Part[],
  events: EventStream,
  end: AbortSignal,
): Promise<string> {
  for (let parts = first; ; parts = await tracer.next()) {
    for (const { node, part } of parts) {
      for (const event of part.events) events.send('trace', node === undefined ? event : { ...event, node })
      if (part.dropped > 0) events.send('dropped', { count: part.dropped })
      if (part.end !== undefined) return part.end
    }
    if (end.aborted) return 'time is up'
    await pause(EVERY_MS, undefined, { signal: end }).catch((error: unknown) => {
      // One last look, at what has come in the meantime.
      if (!end.aborted) throw error
    })
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
  readonly #asked = new Set<string>()

  constructor(gateway: Gateway, options: TracerOptions) {
    this.#gateway = gateway
    this.#options = options
  }

  /** @throws Problem when a node does not trace any more */
  async next(): Promise<Part[]> {
    const { id, whose, shownBytes } = this.#options
    const { nodes } = this.#gateway
    const isOne = this.#gateway.status().node === undefined
    const parts = await Promise.all(
      this.#nodes().map(async node => {
        this.#asked.add(node)
        const part = await nodes.ask(node, { ask: 'trace', trace: id, whose, shownBytes })
        return part && { node: isOne ? undefined : node, part }
      }),
    )
    return parts.filter(part => part !== undefined)
  }

  async stop(): Promise<void> {
    const { nodes } = this.#gateway
    const live = this.#nodes().filter(node => this.#asked.has(node))
    await Promise.all(live.map(node => nodes.ask(node, { ask: 'untrace', trace: this.#options.id })))
  }

  #nodes(): readonly string[] {
    const { owner } = this.#options
    const { live } = this.#gateway.nodes
    return owner === undefined ? live : live.filter(node => node === owner)
  }
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
