/** Traces of this node that another node asks for, bit by bit. One that is asked for no longer ends. */
import type { TraceEvent } from './event.ts'
import { CONNECTION_CLOSED, type Trace, type Traced } from './trace.ts'
import type { Traces } from './traces.ts'

/** Who does not ask in this time has gone. */
const LEASE_MS = 10_000
/** So many events wait to be asked for. */
const MOST_WAITING = 2000
/** Behind them so many that are the end of a connection, which is not to be taken for a message too many. */
const MOST_CLOSES_WAITING = 2000
/** So much of messages waits, in characters: all of it goes into one answer. */
const MOST_WAITING_LENGTH = 1024 * 1024

/** What has happened since the last time. */
export interface TracePart {
  /** Counted from 1. */
  readonly number: number
  readonly events: readonly TraceEvent[]
  readonly dropped: number
  /** Why nothing more will come, if so. */
  readonly end?: string
}

interface Polled {
  events: TraceEvent[]
  /** How much of messages is in those. */
  length: number
  dropped: number
  end: string | undefined
  /** The part that was given last, until it is known to have arrived. */
  given: TracePart | undefined
  readonly lease: NodeJS.Timeout
  readonly trace: Trace
}

export class PolledTraces {
  readonly #traces: Traces
  readonly #polled = new Map<string, Polled>()

  constructor(traces: Traces) {
    this.#traces = traces
  }

  /**
   * What has come since the last call of this id; the first call begins the trace.
   * @param seen the number of the last part that has arrived: one that got lost on its way is given once more
   * @throws Problem 429 when there are too many
   */
  next(id: string, whose: Traced, shownBytes: number, seen?: number): TracePart {
    const polled = this.#polled.get(id) ?? this.#begin(id, whose, shownBytes)
    polled.lease.refresh()
    if (polled.given !== undefined && polled.given.number !== seen) return polled.given
    const { events, end, given } = polled
    const dropped = polled.dropped + polled.trace.takeDropped()
    polled.events = []
    polled.length = 0
    polled.dropped = 0
    const number = (given?.number ?? 0) + 1
    polled.given = { number, events, dropped, ...(end !== undefined && { end }) }
    return polled.given
  }

  /** Ends a trace; nothing happens when it is none. */
  stop(id: string): void {
    const polled = this.#polled.get(id)
    this.#polled.delete(id)
    clearTimeout(polled?.lease)
    if (polled !== undefined) this.#traces.stop(polled.trace)
  }

  #begin(id: string, whose: Traced, shownBytes: number): Polled {
    const trace = this.#traces.start(whose, shownBytes, {
      event: event => {
        const length = (event.text ?? event.base64 ?? '').length
        const most = MOST_WAITING + (event.what === 'close' ? MOST_CLOSES_WAITING : 0)
        if (polled.events.length >= most || polled.length + length > MOST_WAITING_LENGTH) polled.dropped++
        else {
          polled.events.push(event)
          polled.length += length
        }
      },
      ended: reason => {
        polled.end = reason
      },
    })
    const lease = setTimeout(() => this.stop(id), LEASE_MS).unref()
    // It may have closed while the question was on its way.
    const end = this.#traces.mayHappen(whose) ? undefined : CONNECTION_CLOSED
    const polled: Polled = { events: [], length: 0, dropped: 0, end, given: undefined, lease, trace }
    this.#polled.set(id, polled)
    return polled
  }
}
