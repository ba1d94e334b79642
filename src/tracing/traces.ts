/**
 * The traces of this node. What is not traced pays nothing but a look at a field that is empty: a connection that is
 * traced has a tap, which tells its traces.
 */
import type { ClientConnection } from '../connections/connection.ts'
import { Problem } from '../problem.ts'
import { Inflater } from './frames.ts'
import { Trace, type Traced, type TraceListener } from './trace.ts'

/** So many at a time: each costs what its connections send and get once more. */
const MOST = 8

/** The connections of this node, as traces look for them. */
export interface TracedConnections {
  get(id: string): ClientConnection | undefined
  ofUser(user: string): Iterable<ClientConnection> | undefined
}

/** What a traced connection tells. */
export interface Tap {
  readonly traces: readonly Trace[]
  received(bytes: Buffer, isBinary: boolean): void
  wrote(written: Buffer): void
}

export class Traces {
  readonly #connections: TracedConnections
  readonly #traces = new Set<Trace>()
  readonly #inflater = new Inflater()

  constructor(connections: TracedConnections) {
    this.#connections = connections
  }

  /**
   * Begins to trace.
   * @param shownBytes how much of each message is told
   * @throws Problem 429 when there are too many
   */
  start(whose: Traced, shownBytes: number, listener: TraceListener): Trace {
    if (this.#traces.size >= MOST) {
      throw new Problem(429, `${MOST} traces are under way already, and no more may be`)
    }
    const trace = new Trace(whose, shownBytes, listener, this.#inflater)
    this.#traces.add(trace)
    this.#retap(this.#those(whose))
    return trace
  }

  /** Whether anything may come of a trace: a user can come back, a connection cannot. */
  mayHappen(whose: Traced): boolean {
    return 'user' in whose || this.#connections.get(whose.connection) !== undefined
  }

  stop(trace: Trace): void {
    if (this.#traces.delete(trace)) this.#retap(this.#those(trace.whose))
    if (this.#traces.size === 0) this.#inflater.forget()
  }

  /** A connection has opened, or has become another user's: those who wait for it are told. */
  identified(connection: ClientConnection): void {
    if (this.#traces.size === 0) return
    const before = connection.tap?.traces
    this.#retap([connection])
    for (const trace of connection.tap?.traces ?? []) if (!before?.includes(trace)) trace.opened(connection)
  }

  closed(connection: ClientConnection, code: number, reason: string): void {
    if (this.#traces.size === 0) return
    for (const trace of this.#of(connection)) trace.closed(connection, code, reason)
  }

  #of(connection: ClientConnection): Trace[] {
    return [...this.#traces].filter(trace => trace.isOf(connection))
  }

  #those(whose: Traced): Iterable<ClientConnection> {
    if ('user' in whose) return this.#connections.ofUser(whose.user) ?? []
    const connection = this.#connections.get(whose.connection)
    return connection === undefined ? [] : [connection]
  }

  #retap(connections: Iterable<ClientConnection>): void {
    for (const connection of connections) {
      const traces = this.#of(connection)
      connection.tap = traces.length === 0 ? undefined : tapOf(connection, traces)
    }
  }
}

function tapOf(connection: ClientConnection, traces: readonly Trace[]): Tap {
  return {
    traces,
    received(bytes, isBinary) {
      for (const trace of traces) trace.received(connection, bytes, isBinary)
    },
    wrote(written) {
      for (const trace of traces) trace.wrote(connection, written)
    },
  }
}
