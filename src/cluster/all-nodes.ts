/** The gateway as one, however many nodes it has: asks those that know, and puts their answers together. */
import { nodeOf } from '../connections/id.ts'
import type { Presence } from '../presence/presence.ts'
import { Problem } from '../problem.ts'
import { firstOf } from './first-of.ts'
import type { AnswerTo, ConnectionFilter, GroupLine, Order, Question, Whose } from './questions.ts'
import type { ThisNode } from './this-node.ts'

/** The other nodes, as this sees them. */
export interface Peers {
  /** Those that live, this one not included. */
  readonly live: readonly string[]
  /**
   * Asks one node.
   * @returns undefined when it does not answer in time
   * @throws Problem that the other node has thrown
   */
  ask(node: string, question: Question): Promise<unknown>
  /**
   * Gives an order to other nodes, behind all that was sent to them before.
   * @param nodes whose answers are waited for
   * @returns the answers of those that have answered in time
   */
  order(order: Order, nodes: readonly string[]): Promise<ReadonlyMap<string, unknown>>
}

/** Which nodes are meant. */
export type Scope = 'node' | 'cluster'

export interface PageRequest {
  readonly limit: number
  readonly after: string | undefined
  readonly scope: Scope
}

/** A page of connections. */
export interface ConnectionsRequest extends PageRequest {
  readonly filter?: ConnectionFilter
}

/** What a page says beside its entries. */
interface Paged {
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string
  /** Nodes that have not answered in time. */
  readonly unanswered?: readonly string[]
}

export interface MembersPage extends Paged {
  readonly group: string
  readonly connections: number
  readonly users: number
  readonly members: readonly { readonly user: string; readonly info?: unknown }[]
}

export class AllNodes {
  readonly #self: string
  readonly #node: ThisNode
  readonly #presence: Presence
  readonly #peers: Peers | undefined

  /** @param peers undefined when there is no cluster */
  constructor(self: string, node: ThisNode, presence: Presence, peers: Peers | undefined) {
    this.#self = self
    this.#node = node
    this.#presence = presence
    this.#peers = peers
  }

  /** The connections of the nodes, one node after the other. */
  async connections({
    limit,
    after,
    scope,
    filter,
  }: ConnectionsRequest): Promise<Paged & { readonly connections: object[] }> {
    const from = after === undefined ? undefined : nodeOf(after)
    const connections: Record<string, unknown>[] = []
    const unanswered: string[] = []
    // A page of this node alone may begin after an id of another process.
    const all = this.#nodes(scope)
    const nodes = scope === 'node' ? all : all.filter(node => from === undefined || node >= from)
    for (const [i, node] of nodes.entries()) {
      const left = limit - connections.length
      const isFirst = scope === 'node' || node === from
      const page = await this.#ask(node, {
        ask: 'connections',
        limit: left,
        after: isFirst ? after : undefined,
        filter,
      })
      if (page === undefined) {
        unanswered.push(node)
        continue
      }
      for (const one of page.connections) connections.push(scope === 'node' ? one : { ...one, node })
      const isLast = page.isLast && (connections.length < limit || i === nodes.length - 1)
      // A node that has more to look through has its own turn.
      const hasMore = !page.isLast && page.end !== undefined
      if (connections.length >= limit || hasMore)
        return paged({ connections }, isLast ? undefined : (page.end ?? idOf(connections)), unanswered)
    }
    return paged({ connections }, undefined, unanswered)
  }

  get isCluster(): boolean {
    return this.#peers !== undefined
  }

  /** The nodes that live, this one included. */
  get live(): readonly string[] {
    return this.#nodes('cluster')
  }

  /**
   * Asks one node.
   * @returns undefined when it does not answer in time
   * @throws Problem that it answers with
   */
  ask<Q extends Question>(node: string, question: Q): Promise<AnswerTo<Q> | undefined> {
    return this.#ask(node, question)
  }

  /** The node that has a connection, open or not; undefined when it is none that lives. */
  ownerOf(id: string): string | undefined {
    return this.#concerned({ id })[0]
  }

  /** @returns undefined when it is not open anywhere */
  async connection(id: string): Promise<object | undefined> {
    return (await this.#askOwner(id, { ask: 'connection', id })) ?? undefined
  }

  /** @throws Problem 404 when it is not open, and for a token that does not count */
  async renewToken(id: string, token: unknown): Promise<object> {
    return (await this.#askOwner(id, { ask: 'renew', id, token })) ?? notOpen(id)
  }

  /**
   * Carries an order out at all nodes that it concerns.
   * @returns how many connections it concerned
   * @throws Problem 504 when a node has not answered in time
   */
  async carryOut(order: Order): Promise<number> {
    const nodes = this.#concerned(order.whose)
    let count = nodes.includes(this.#self) ? this.#node.carryOut(order) : 0
    const others = nodes.filter(node => node !== this.#self)
    if (this.#peers === undefined || others.length === 0) return count
    const answers = await this.#peers.order(order, others)
    for (const answer of answers.values()) count += Number(answer)
    const silent = others.filter(node => !answers.has(node))
    if (silent.length === 0) return count
    throw new Problem(
      504,
      `no answer in time from ${silent.join(', ')}; it may be carried out all the same`,
      {
        connections: count,
        unanswered: silent,
      },
    )
  }

  /** Gives an order without waiting for what comes of it. */
  give(order: Order): void {
    const nodes = this.#concerned(order.whose)
    if (nodes.includes(this.#self)) this.#node.carryOut(order)
    if (nodes.some(node => node !== this.#self)) void this.#peers?.order(order, [])
  }

  async groups(request: PageRequest): Promise<Paged & { readonly groups: GroupLine[] }> {
    const { limit, after, scope } = request
    const { answers, unanswered } = await this.#askAll(scope, { ask: 'groups', limit, after })
    const lines = new Map<string, GroupLine>()
    // Past the end of a page that is not the last, a node may have groups that it has not said.
    let end: string | undefined
    for (const { groups, isLast } of answers) {
      const last = groups.at(-1)?.name
      if (!isLast && last !== undefined && (end === undefined || last < end)) end = last
      for (const { name, connections, users } of groups) {
        const before = lines.get(name)?.connections ?? 0
        const all = scope === 'node' ? users : this.#presence.countInCluster(name)
        lines.set(name, { name, connections: before + connections, users: all })
      }
    }
    const known = [...lines.values()].filter(({ name }) => end === undefined || name <= end)
    known.sort((a, b) => (a.name < b.name ? -1 : 1))
    const groups = known.slice(0, limit)
    const isLast = end === undefined && known.length <= limit
    return paged({ groups }, isLast ? undefined : groups.at(-1)?.name, unanswered)
  }

  async members(group: string, { limit, after, scope }: PageRequest): Promise<MembersPage> {
    const { answers, unanswered } = await this.#askAll(scope, { ask: 'group-size', group })
    const connections = answers.reduce((sum, size) => sum + size, 0)
    const all = scope === 'node' ? this.#presence.membersHere(group) : this.#presence.membersInCluster(group)
    const users = firstOf(all, ([, user]) => user, after, limit + 1)
    const members = users
      .slice(0, limit)
      .map(([, user, info]) => ({ user, ...(info !== undefined && { info: JSON.parse(info) as unknown }) }))
    const next = users.length > limit ? members.at(-1)?.user : undefined
    return paged({ group, connections, users: all.length, members }, next, unanswered)
  }

  #nodes(scope: Scope): string[] {
    return scope === 'node' || this.#peers === undefined
      ? [this.#self]
      : [this.#self, ...this.#peers.live].sort()
  }

  /** The node that a connection's id tells, or all where a user may be. */
  #concerned({ id }: Whose): string[] {
    if (id === undefined) return this.#nodes('cluster')
    const owner = nodeOf(id)
    if (owner === undefined) return []
    // An id of a node that is not known here, such as one that was taken for dead, has no owner.
    return this.#nodes('cluster').filter(node => node === owner)
  }

  async #askOwner<Q extends Question & { readonly id: string }>(id: string, question: Q) {
    const [owner] = this.#concerned({ id })
    if (owner === undefined) return null
    const answer = await this.#ask(owner, question)
    if (answer === undefined)
      throw new Problem(504, `node ${owner}, which has the connection, does not answer`)
    return answer
  }

  async #askAll<Q extends Question>(scope: Scope, question: Q) {
    const nodes = this.#nodes(scope)
    const all = await Promise.all(nodes.map(node => this.#ask(node, question)))
    return {
      answers: all.filter(answer => answer !== undefined),
      unanswered: nodes.filter((_, i) => all[i] === undefined),
    }
  }

  /** Undefined when another node does not answer in time. */
  async #ask<Q extends Question>(node: string, question: Q): Promise<AnswerTo<Q> | undefined> {
    const answer = node === this.#self ? this.#node.answer(question) : this.#peers?.ask(node, question)
    // Each question has its kind of answer, at every node.
    return (await answer) as AnswerTo<Q> | undefined
  }
}

/** @throws Problem 404 */
export function notOpen(id: string): never {
  throw new Problem(404, `no connection ${JSON.stringify(id)} is open here`)
}

function paged<T extends object>(
  page: T,
  next: string | undefined,
  unanswered: readonly string[],
): T & Paged {
  return { ...page, ...(next !== undefined && { next }), ...(unanswered.length > 0 && { unanswered }) }
}

function idOf(connections: readonly Record<string, unknown>[]): string | undefined {
  const id = connections.at(-1)?.id
  return typeof id === 'string' ? id : undefined
}
