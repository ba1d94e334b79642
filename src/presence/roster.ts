/**
 * Who is in which group, over all nodes: a replica, which is a function of the records in the order in which all nodes
 * read them. So each node knows of a change whether it is the first or the last of its user, and whose it is.
 */
import type { Entry, PresenceRecord, Snapshot } from './records.ts'

/** One user in one group. */
export interface Member {
  readonly group: string
  readonly user: string
  /** The nodes that hold it; none while it is waited for. */
  readonly nodes: string[]
  /** JSON text, as it was set last, and which one that is. */
  info: string | undefined
  version: number
  /** While no node holds it: the node that waits for it to come back, and which leave that is. */
  leaving: Leaving | undefined
}

interface Leaving {
  readonly by: string
  readonly leave: string
  /** Whether a node that has not said yet what it holds may hold it, or may have been the last one to hold it. */
  readonly isUnsure: boolean
}

/** What a node says of a user in a group. */
type Said = Pick<Member, 'group' | 'user' | 'info' | 'version'>

/** What is told of each change. */
export interface RosterEvents {
  /** Its first connection anywhere is at this node. */
  came(member: Member, node: string): void
  /** No node holds it any more, and this one waits for it. */
  leaving(member: Member, node: string): void
  /** It was waited for, and is there again. */
  returned(member: Member): void
  /** It has not come back to the node that waited. */
  left(member: Member, node: string): void
  /** A node says that it waits for somebody who is not known here. @returns whether it does */
  unknown(node: string, group: string, user: string, leave: string): boolean
}

export class Roster {
  readonly #events: RosterEvents
  readonly #groups = new Map<string, Map<string, Member>>()
  /** Parts of snapshots whose last part has not come yet, by node. */
  readonly #parts = new Map<string, Entry[]>()
  /** Nodes of which something was missed, until their next snapshot. */
  readonly #doubted = new Set<string>()
  /** Nodes that have yet to say for the first time what they hold. */
  readonly #unheard = new Set<string>()

  constructor(events: RosterEvents) {
    this.#events = events
  }

  /** The members of a group, by user. */
  in(group: string): ReadonlyMap<string, Member> {
    return this.#groups.get(group) ?? new Map()
  }

  take(node: string, record: PresenceRecord): void {
    if (record.kind === 'snapshot') {
      this.#snapshot(node, record)
      return
    }
    const { kind, group, user } = record
    if (kind === 'in') {
      const { info, version } = record
      const isNews = (before: number): boolean => version !== undefined && version >= before
      this.#in(node, { group, user, info, version: version ?? 0 }, isNews)
      return
    }
    const member = this.#groups.get(group)?.get(user)
    if (member === undefined) return
    const { leaving } = member
    if (kind === 'out') {
      if (leaving?.isUnsure) this.#wait(member, node, record.leave)
      else this.#out(member, node, node, record.leave)
    } else if (leaving?.isUnsure || (leaving?.by === node && leaving.leave === record.leave)) {
      this.#delete(member)
      this.#events.left(member, node)
    }
  }

  /**
   * A node has gone, or is dead.
   * @param heir the node that waits for those whom it held or waited for; undefined when there is none
   */
  nodeGone(node: string, heir: string | undefined): void {
    this.#parts.delete(node)
    this.#doubted.delete(node)
    this.#unheard.delete(node)
    for (const member of this.#all()) {
      if (member.nodes.includes(node)) this.#out(member, node, heir, node)
      else if (member.leaving?.by === node) this.#wait(member, heir, member.leaving.leave)
    }
  }

  /** Something that a node has said was missed: its next snapshot alone says whom it holds and waits for. */
  doubt(node: string): void {
    this.#doubted.add(node)
  }

  /** These nodes are there already, and have yet to say what they hold. */
  expect(nodes: Iterable<string>): void {
    for (const node of nodes) this.#unheard.add(node)
  }

  /** Those whom a node waits for. */
  *awaitedBy(node: string): Iterable<Member> {
    for (const member of this.#all()) if (member.leaving?.by === node) yield member
  }

  /** Forgets all. @returns whom it knew */
  clear(): Member[] {
    const all = [...this.#all()]
    this.#groups.clear()
    this.#parts.clear()
    this.#doubted.clear()
    this.#unheard.clear()
    return all
  }

  *#all(): Iterable<Member> {
    for (const users of this.#groups.values()) yield* users.values()
  }

  /** @param isNews whether what is said of the info counts more than what is known */
  #in(node: string, said: Said, isNews: (before: number) => boolean): void {
    const { group, user, info, version } = said
    let users = this.#groups.get(group)
    if (users === undefined) {
      users = new Map()
      this.#groups.set(group, users)
    }
    const member = users.get(user)
    if (member === undefined) {
      const added: Member = { ...said, nodes: [node], leaving: undefined }
      users.set(user, added)
      this.#events.came(added, node)
      return
    }
    if (isNews(member.version)) Object.assign(member, { info, version })
    if (member.nodes.includes(node)) return
    member.nodes.push(node)
    if (member.leaving === undefined) return
    member.leaving = undefined
    this.#events.returned(member)
  }

  #out(member: Member, node: string, heir: string | undefined, leave: string): void {
    const at = member.nodes.indexOf(node)
    if (at === -1) return
    member.nodes.splice(at, 1)
    if (member.nodes.length === 0) this.#wait(member, heir, leave)
  }

  #wait(member: Member, by: string | undefined, leave: string): void {
    if (by === undefined) {
      this.#delete(member)
      return
    }
    member.leaving = { by, leave, isUnsure: this.#isUnsure(member) }
    this.#events.leaving(member, by)
  }

  /**
   * Whether others may know better who waits for a member: those who know all nodes. Then whoever says that it has
   * left is right.
   */
  #isUnsure(member: Member): boolean {
    return this.#doubted.size > 0 || this.#unheard.size > 0 || (member.leaving?.isUnsure ?? false)
  }

  #delete({ group, user }: Member): void {
    const users = this.#groups.get(group)
    users?.delete(user)
    if (users?.size === 0) this.#groups.delete(group)
  }

  #snapshot(node: string, { entries, isFirst, isLast }: Snapshot): void {
    const parts = isFirst ? [] : this.#parts.get(node)
    // The first part was missed: a whole snapshot will come.
    if (parts === undefined) return
    for (const entry of entries) parts.push(entry)
    this.#parts.set(node, parts)
    if (!isLast) return
    this.#parts.delete(node)
    this.#replace(node, parts)
  }

  /** Brings what is known of a node to what it says itself. */
  #replace(node: string, entries: readonly Entry[]): void {
    const isDoubted = this.#doubted.delete(node)
    this.#unheard.delete(node)
    const held = new Map<string, Set<string>>()
    if (isDoubted) this.#forget(node, entries)
    for (const [group, user, info, version, leave] of entries) {
      const said = { group, user, info: info ?? undefined, version }
      if (leave !== undefined) {
        // Who has come back since is named twice.
        if (!held.get(group)?.has(user)) this.#awaited(node, said, leave)
        continue
      }
      // It repeats what is known, and may be older than what another node has said since.
      this.#in(node, said, before => version > before)
      const users = held.get(group)
      if (users === undefined) held.set(group, new Set([user]))
      else users.add(user)
    }
    for (const member of this.#all()) {
      if (member.nodes.includes(node) && !held.get(member.group)?.has(member.user)) {
        this.#out(member, node, node, `snapshot ${node}`)
      }
    }
  }

  /** Who is not among the entries of a node of which something was missed has left it long ago, as others know. */
  #forget(node: string, entries: readonly Entry[]): void {
    const named = new Set(entries.map(([group, user]) => JSON.stringify([group, user])))
    for (const member of this.#all()) {
      if (named.has(JSON.stringify([member.group, member.user]))) continue
      if (member.leaving?.by === node) this.#delete(member)
      const at = member.nodes.indexOf(node)
      if (at === -1) continue
      member.nodes.splice(at, 1)
      if (member.nodes.length === 0) this.#delete(member)
    }
  }

  /** Somebody is waited for of whom a node that has just come does not know, or one that has missed the leave. */
  #awaited(node: string, said: Said, leave: string): void {
    const { group, user } = said
    const users = this.#groups.get(group) ?? new Map<string, Member>()
    const member = users.get(user)
    if (member === undefined) {
      if (!this.#events.unknown(node, group, user, leave)) return
      this.#groups.set(group, users)
      users.set(user, { ...said, nodes: [], leaving: { by: node, leave, isUnsure: false } })
    } else if (member.nodes.includes(node)) this.#out(member, node, node, leave)
    else if (member.leaving?.by === node || member.leaving?.isUnsure) {
      member.leaving = { ...member.leaving, by: node, leave }
    }
  }
}
