/**
 * What comes from other nodes: what has come already is dropped (an entry whose answer was lost is sent again), and
 * what has been missed is counted, by the numbers that each node gives.
 */

/** How an entry is numbered. */
export interface EntryNumbers {
  readonly node: string
  /** Counts the node's sessions with Redis. */
  readonly session: number
  /** Counts the entries of that session. */
  readonly entry: number
  /** The number of the first numbered record in it. */
  readonly first: number
}

/** What to do with an entry. */
export interface Fresh {
  /** So many of its numbered records, the first ones, have come before. */
  readonly repeated: number
  /** So many records of that node have been missed before it. */
  readonly missed: number
  /** Whether it says how the node is now. False for a late one of a session that is over. */
  readonly isCurrent: boolean
  /** Whether an entry of the node has been missed, so that what is known of it may be wrong. */
  readonly hasGap: boolean
}

interface Known {
  session: number
  entry: number
  last: number
}

/** So many nodes are remembered, also those that have gone: a late entry of theirs is a repeat all the same. */
const REMEMBERED = 10_000

export class Incoming {
  readonly #nodes = new Map<string, Known>()

  /** @param numbered how many numbered records the entry has */
  take({ node, session, entry, first }: EntryNumbers, numbered: number): Fresh {
    const known = this.#nodes.get(node)
    if (known === undefined) {
      this.#remember(node, { session, entry, last: first + numbered - 1 })
      return { repeated: 0, missed: 0, isCurrent: true, hasGap: entry > 0 }
    }
    const isCurrent = session > known.session || (session === known.session && entry > known.entry)
    const expected = session === known.session ? known.entry + 1 : 0
    const hasGap = isCurrent && entry !== expected
    if (isCurrent) {
      known.session = session
      known.entry = entry
    }
    if (numbered === 0) return { repeated: 0, missed: 0, isCurrent, hasGap }
    const repeated = Math.min(numbered, Math.max(0, known.last + 1 - first))
    const missed = Math.max(0, first - known.last - 1)
    known.last = Math.max(known.last, first + numbered - 1)
    return { repeated, missed, isCurrent, hasGap }
  }

  #remember(node: string, known: Known): void {
    this.#nodes.set(node, known)
    const [oldest] = this.#nodes.keys()
    if (this.#nodes.size > REMEMBERED && oldest !== undefined) this.#nodes.delete(oldest)
  }
}
