/**
 * Pushes that have a key happen once, however often they are asked for (`Idempotency-Key`): in this process, and with
 * Redis in the whole cluster.
 */
import { Problem } from '../problem.ts'
import type { Pushed } from '../push.ts'

/** How long a key counts, in milliseconds. */
export const KEPT_MS = 5 * 60_000
/** So many keys are remembered at a time: of those that are not under way, the oldest go first. */
const MOST_KEYS = 262_144

/** What all nodes know of keys. */
export interface SharedAnswers {
  /**
   * Takes a key for a push that is about to happen, or waits for what comes of the one that is under way elsewhere.
   * @param fingerprint what tells one body from another
   * @param happened what this node knows of a push that another one has published
   * @returns the answer of a push of this key; `first` when there is none yet; `away` when nobody can be asked
   * @throws Problem 422 for another fingerprint
   */
  claim(
    key: string,
    fingerprint: string,
    happened: () => Pushed | undefined,
  ): Promise<Pushed | 'first' | 'away'>
  /** The push has happened. */
  keep(key: string, fingerprint: string, answer: Pushed): Promise<void>
  /** The push has not happened: another one may. */
  release(key: string, fingerprint: string): Promise<void>
}

/** How a push with a key ended. */
export interface Answered {
  readonly pushed: Pushed
  /** Whether it had happened before. */
  readonly isReplay: boolean
}

interface Entry {
  readonly fingerprint: string
  readonly answer: Promise<Pushed>
  until: number
}

export class Idempotency {
  readonly #shared: SharedAnswers | undefined
  readonly #entries = new Map<string, Entry>()
  /** Pushes that other nodes have published. */
  readonly #happened = new Map<string, { readonly recipients: number; readonly until: number }>()

  constructor(shared: SharedAnswers | undefined) {
    this.#shared = shared
  }

  /**
   * Pushes, unless a push of this key has happened or is under way.
   * @throws Problem 422 for a key that belongs to another push; what the push throws
   */
  async once(key: string, fingerprint: string, push: () => Promise<Pushed>): Promise<Answered> {
    const known = this.#entries.get(key)
    if (known !== undefined && known.until > Date.now()) {
      if (known.fingerprint !== fingerprint) throw anotherBody()
      return { pushed: await known.answer, isReplay: true }
    }
    let isReplay = false
    const answer = this.#first(key, fingerprint, push, () => {
      isReplay = true
    })
    // The time begins with the answer.
    const entry: Entry = { fingerprint, answer, until: Infinity }
    forgetOldest(this.#entries, key)
    this.#entries.set(key, entry)
    try {
      const pushed = await answer
      entry.until = Date.now() + KEPT_MS
      return { pushed, isReplay }
    } catch (error) {
      // What has failed has not happened, and may be tried again.
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    }
  }

  /** Another node has published a push of this key. @param recipients how many it went to here */
  happened(key: string, recipients: number): void {
    forgetOldest(this.#happened, key)
    this.#happened.set(key, { recipients, until: Date.now() + KEPT_MS })
  }

  async #first(
    key: string,
    fingerprint: string,
    push: () => Promise<Pushed>,
    isReplay: () => void,
  ): Promise<Pushed> {
    const shared = this.#shared
    if (shared === undefined) return push()
    const before = await shared.claim(key, fingerprint, () => this.#known(key))
    if (typeof before === 'object') {
      isReplay()
      return before
    }
    if (before === 'away') return push()
    try {
      const pushed = await push()
      await shared.keep(key, fingerprint, pushed)
      return pushed
    } catch (error) {
      await shared.release(key, fingerprint)
      throw error
    }
  }

  #known(key: string): Pushed | undefined {
    const known = this.#happened.get(key)
    if (known === undefined || known.until <= Date.now()) return undefined
    return { recipients: known.recipients, nodes: 1 }
  }
}

/** @returns Problem 422 */
export function anotherBody(): Problem {
  return new Problem(422, 'this Idempotency-Key belongs to a push with another body')
}

/** Makes room for one more. They stand in the order in which they came. */
function forgetOldest(map: Map<string, { readonly until: number }>, key: string): void {
  map.delete(key)
  const now = Date.now()
  for (const [oldest, { until }] of map) {
    if (until > now && map.size < MOST_KEYS) return
    if (until !== Infinity) map.delete(oldest)
  }
}
