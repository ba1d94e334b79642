/** All clients: those that are open, by their id, group and user, and those that are closing. */
import type { Directory } from '../delivery/recipients.ts'
import type { Connection, Connections } from '../listener/types.ts'
import type { ClientConnection } from './connection.ts'
import { ageOf } from './id.ts'
import { Membership } from './membership.ts'

/** So many ends of pages are kept. */
const KEPT_ENDS = 1000

/** So many connections are looked at for one page of those that are wanted: it must not hold others up. */
const MOST_LOOKED_AT = 20_000

/** Some of the connections. */
export interface Page {
  readonly connections: ClientConnection[]
  readonly isLast: boolean
  /** The last one that was looked at, unless the page is the last. */
  readonly end?: string | undefined
}

export class Registry implements Directory<ClientConnection> {
  readonly groups = new Membership<ClientConnection>()
  readonly users = new Membership<ClientConnection>()
  /** Whether a connection that is not here may be open at another node. */
  isElsewhere: (id: string) => boolean = () => false
  readonly #open = new Map<string, ClientConnection>()
  /** Closing, or with their onClientClose still under way. */
  readonly #leaving = new Set<ClientConnection>()
  #whenEmpty: (() => void)[] = []
  #opened = 0
  /** The places of connections that have ended a page, so that the next page is found when they have closed. */
  readonly #pageEnds = new Map<string, number>()

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  get(id: string): ClientConnection | undefined {
    return this.#open.get(id)
  }

  inGroup(name: string): ReadonlySet<ClientConnection> | undefined {
    return this.groups.get(name)
  }

  ofUser(user: string): ReadonlySet<ClientConnection> | undefined {
    return this.users.get(user)
  }

  [Symbol.iterator](): Iterator<ClientConnection> {
    return this.#open.values()
  }

  add(connection: ClientConnection): void {
    connection.place = ++this.#opened
    this.#open.set(connection.id, connection)
  }

  /**
   * Some of the open connections, those that opened first before the others.
   * @param after the last one that the page before looked at, also when it has closed since; undefined begins
   * @param isWanted leaves others out. No more than `MOST_LOOKED_AT` are looked at, so a page may be short
   */
  page(limit: number, after: string | undefined, isWanted?: (one: ClientConnection) => boolean): Page {
    const from = after === undefined ? 0 : (this.#open.get(after)?.place ?? this.#pageEnds.get(after))
    // Of an id that ended a page long ago, or another process's, its age is what is left to go by.
    const age = ageOf(after ?? '') ?? 0
    const page: ClientConnection[] = []
    let looked = 0
    let end: ClientConnection | undefined
    for (const connection of this.#open.values()) {
      if (from === undefined ? (ageOf(connection.id) ?? 0) <= age : connection.place <= from) continue
      if (page.length === limit || looked === MOST_LOOKED_AT) {
        this.#noteEnd(end)
        return { connections: page, isLast: false, end: end?.id }
      }
      end = connection
      if (isWanted === undefined) page.push(connection)
      else {
        looked++
        if (isWanted(connection)) page.push(connection)
      }
    }
    return { connections: page, isLast: true }
  }

  #noteEnd(end: ClientConnection | undefined): void {
    if (end === undefined) return
    this.#pageEnds.delete(end.id)
    this.#pageEnds.set(end.id, end.place)
    const [oldest] = this.#pageEnds.keys()
    if (this.#pageEnds.size > KEPT_ENDS && oldest !== undefined) this.#pageEnds.delete(oldest)
  }

  /** It is no longer open, but not gone either. */
  leave(connection: ClientConnection): void {
    this.#open.delete(connection.id)
    this.#leaving.add(connection)
  }

  /** It is gone, and the listener knows. */
  remove(connection: ClientConnection): void {
    this.#open.delete(connection.id)
    if (this.#leaving.delete(connection)) this.#tellEmpty()
  }

  /** Forgets those that are closing still: their time is up. @returns how many of their events nobody was told of */
  forgetLeaving(): number {
    let untold = 0
    for (const connection of this.#leaving) untold += connection.events.end()
    this.#leaving.clear()
    this.#tellEmpty()
    return untold
  }

  #tellEmpty(): void {
    if (this.#open.size > 0 || this.#leaving.size > 0) return
    const waiting = this.#whenEmpty
    this.#whenEmpty = []
    for (const resolve of waiting) resolve()
  }

  /** Those that are closing. */
  get leaving(): Iterable<ClientConnection> {
    return this.#leaving
  }

  /** Resolves when every connection is gone. */
  empty(): Promise<void> {
    if (this.#open.size === 0 && this.#leaving.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenEmpty.push(resolve))
  }

  /** What a listener sees: no more than it may. */
  view(): Connections {
    const open = this.#open
    return {
      get size() {
        return open.size
      },
      get: (id: string): Connection | undefined => open.get(id),
      [Symbol.iterator]: (): Iterator<Connection> => open.values(),
    }
  }
}
