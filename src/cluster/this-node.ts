/** This node's own answers to what may be asked of any. */
import type { Clients } from '../clients.ts'
import type { ClientConnection } from '../connections/connection.ts'
import type { Registry } from '../connections/registry.ts'
import type { Presence } from '../presence/presence.ts'
import type { Status } from '../status.ts'
import type { PolledTraces } from '../tracing/polled-traces.ts'
import { matcher } from './filter.ts'
import { firstOf } from './first-of.ts'
import type { Answers, GroupLine, GroupsPage, NodeAction, Order, Question, Whose } from './questions.ts'

export interface ThisNodeOptions {
  readonly connections: Registry
  readonly presence: Presence
  readonly clients: Clients
  readonly traces: PolledTraces
  status(): Status
  /** Begins to do something. */
  act(action: NodeAction): void
}

export class ThisNode {
  readonly #options: ThisNodeOptions

  constructor(options: ThisNodeOptions) {
    this.#options = options
  }

  /** @throws Problem for a token that does not count */
  answer(question: Question): Answers[Question['ask']] | Promise<Answers[Question['ask']]> {
    const { connections } = this.#options
    switch (question.ask) {
      case 'connections': {
        const { limit, after, filter } = question
        const page = connections.page(limit, after, filter && matcher(filter))
        return { ...page, connections: page.connections.map(described) }
      }
      case 'connection':
        return describedIfOpen(connections.get(question.id))
      case 'renew':
        return this.#renew(question.id, question.token)
      case 'groups':
        return this.#groups(question.limit, question.after)
      case 'group-size':
        return connections.groups.get(question.group)?.size ?? 0
      case 'trace':
        return this.#options.traces.next(question.trace, question.whose, question.shownBytes, question.seen)
      case 'untrace':
        this.#options.traces.stop(question.trace)
        return true
      case 'status':
        return this.#options.status()
      case 'act':
        this.#options.act(question.action)
        return true
      default:
        return this.carryOut(question)
    }
  }

  /** @returns how many connections it concerned */
  carryOut(order: Order): number {
    const concerned = [...this.#those(order.whose)]
    for (const connection of concerned) {
      if (order.ask === 'close') connection.close(order.code, order.reason)
      else if (order.ask === 'join') connection.join(order.group)
      else if (order.ask === 'leave') connection.leave(order.group)
      else throw new TypeError(`an order of another version: ${JSON.stringify(order)}`)
    }
    return concerned.length
  }

  #those({ id, user }: Whose): Iterable<ClientConnection> {
    const { connections } = this.#options
    if (id === undefined) return connections.users.get(user) ?? []
    const connection = connections.get(id)
    return connection === undefined ? [] : [connection]
  }

  async #renew(id: string, token: unknown): Promise<Answers['renew']> {
    const { connections, clients } = this.#options
    const connection = connections.get(id)
    if (connection === undefined) return null
    await clients.renewToken(connection, token)
    const { expiresAt } = connection
    return { id, expiresAt: expiresAt === Infinity ? null : new Date(expiresAt) }
  }

  #groups(limit: number, after: string | undefined): GroupsPage {
    const { groups } = this.#options.connections
    const names = firstOf(groups.names(), name => name, after, limit + 1)
    return { groups: names.slice(0, limit).map(name => this.#group(name)), isLast: names.length <= limit }
  }

  #group(name: string): GroupLine {
    const { connections, presence } = this.#options
    return {
      name,
      connections: connections.groups.get(name)?.size ?? 0,
      users: presence.countHere(name),
    }
  }
}

/** A connection, as it is listed. */
function described(connection: ClientConnection): Record<string, unknown> {
  return { ...connection.toJSON(), bufferedBytes: connection.bufferedBytes }
}

function describedIfOpen(connection: ClientConnection | undefined): Record<string, unknown> | null {
  return connection === undefined ? null : described(connection)
}
