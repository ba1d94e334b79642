/** What connections belong to: their groups, and their user. All that changes it comes through here. */
import type { Holdings } from '../presence/holdings.ts'
import type { ClientConnection } from './connection.ts'
import type { Registry } from './registry.ts'

export class Belonging {
  readonly #registry: Registry
  readonly #holdings: Holdings

  constructor(registry: Registry, holdings: Holdings) {
    this.#registry = registry
    this.#holdings = holdings
  }

  /** A connection has opened, with the user and the groups that it was let in with. */
  opened(connection: ClientConnection, groups: readonly string[]): void {
    const { user } = connection
    if (user !== undefined) this.#registry.users.add(user, connection)
    for (const group of groups) connection.join(group)
  }

  /** A connection leaves everything, and remembers for `onClientClose` what it was. */
  closed(connection: ClientConnection): void {
    const { user } = connection
    for (const group of connection.groupNames) this.left(connection, group)
    if (user !== undefined) this.#registry.users.delete(user, connection)
  }

  joined(connection: ClientConnection, group: string): void {
    this.#registry.groups.add(group, connection)
    const { user, infoText } = connection
    if (user !== undefined) this.#holdings.add(group, user, infoText)
  }

  left(connection: ClientConnection, group: string): void {
    this.#registry.groups.delete(group, connection)
    const { user } = connection
    if (user !== undefined) this.#holdings.remove(group, user)
  }

  /** A connection is another user's from here on. */
  identified(connection: ClientConnection, before: string | undefined): void {
    const { user, infoText } = connection
    const { users } = this.#registry
    if (before !== undefined) users.delete(before, connection)
    if (user !== undefined) users.add(user, connection)
    for (const group of connection.groupNames) {
      if (before !== undefined) this.#holdings.remove(group, before)
      if (user !== undefined) this.#holdings.add(group, user, infoText)
    }
  }

  /** What others may see of a connection's user is something else. */
  described(connection: ClientConnection): void {
    const { user, infoText } = connection
    if (user === undefined) return
    for (const group of connection.groupNames) this.#holdings.describe(group, user, infoText)
  }
}
