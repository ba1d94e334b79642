/** All clients: those that are open, by their id, and those that are closing. */
import type { Connection, Connections } from '../listener/types.ts'
import type { ClientConnection } from './connection.ts'

export class Registry implements Iterable<ClientConnection> {
  readonly #open = new Map<string, ClientConnection>()
  /** Closing, or with their onClientClose still under way. */
  readonly #leaving = new Set<ClientConnection>()
  #whenEmpty: (() => void)[] = []

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  get(id: string): ClientConnection | undefined {
    return this.#open.get(id)
  }

  [Symbol.iterator](): Iterator<ClientConnection> {
    return this.#open.values()
  }

  add(connection: ClientConnection): void {
    this.#open.set(connection.id, connection)
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

  /** Forgets those that are closing still: their time is up. */
  forgetLeaving(): void {
    this.#leaving.clear()
    this.#tellEmpty()
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
