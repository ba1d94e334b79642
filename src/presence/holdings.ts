/** Which users this node holds in which groups, once for each however many connections they have. */

/** What is told of each change. Others may see `info`, which is JSON text. */
export interface PresenceSink {
  /**
   * The user's first connection here is in the group, or its info is another one.
   * @param isSaid whether anything is said of the info
   * @returns which info that is, in the order of all
   */
  present(group: string, user: string, info: string | undefined, isSaid: boolean): number
  /** No connection of the user here is in the group any more. */
  absent(group: string, user: string): void
}

/** What this node itself knows of a user in a group. */
export interface Held {
  connections: number
  /** Of several connections, what was set last, and which one that is; 0 for none. */
  info: string | undefined
  version: number
}

/** One user in one group. */
export type Holding = readonly [group: string, user: string, info: string | undefined]

export class Holdings {
  readonly #sink: PresenceSink
  readonly #groups = new Map<string, Map<string, Held>>()

  constructor(sink: PresenceSink) {
    this.#sink = sink
  }

  /** A connection of the user has come into the group. */
  add(group: string, user: string, info: string | undefined): void {
    let users = this.#groups.get(group)
    if (users === undefined) {
      users = new Map()
      this.#groups.set(group, users)
    }
    const held = users.get(user)
    if (held === undefined) {
      const added: Held = { connections: 1, info, version: 0 }
      users.set(user, added)
      added.version = this.#sink.present(group, user, info, info !== undefined)
      return
    }
    held.connections++
    if (info !== undefined) this.#describe(held, group, user, info)
  }

  /** A connection of the user has left the group. */
  remove(group: string, user: string): void {
    const users = this.#groups.get(group)
    const held = users?.get(user)
    if (users === undefined || held === undefined) return
    held.connections--
    if (held.connections > 0) return
    users.delete(user)
    if (users.size === 0) this.#groups.delete(group)
    this.#sink.absent(group, user)
  }

  /** The user's info is another one. */
  describe(group: string, user: string, info: string | undefined): void {
    const held = this.#groups.get(group)?.get(user)
    if (held !== undefined) this.#describe(held, group, user, info)
  }

  #describe(held: Held, group: string, user: string, info: string | undefined): void {
    if (held.info === info) return
    held.info = info
    held.version = this.#sink.present(group, user, info, true)
  }

  /** The users in a group. */
  in(group: string): ReadonlyMap<string, Readonly<Held>> {
    return this.#groups.get(group) ?? new Map()
  }

  /** All of them, such as for a node that has just come. */
  *all(): Iterable<readonly [group: string, user: string, held: Readonly<Held>]> {
    for (const [group, users] of this.#groups) for (const [user, held] of users) yield [group, user, held]
  }
}
