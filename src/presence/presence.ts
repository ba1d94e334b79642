/**
 * Who is present: what this node holds becomes records; the records of all nodes, in their one order, become the
 * roster; and what changes there is told once, by the node that it concerns. Without other nodes the records come back
 * at once.
 */
import type { PresenceEvent } from '../listener/listener.ts'
import { type Held, type Holding, Holdings, type PresenceSink } from './holdings.ts'
import type { Entry, PresenceRecord } from './records.ts'
import { type Member, Roster } from './roster.ts'

export interface PresenceOptions {
  /** This node's id. */
  readonly node: string
  /** How long a user who has left may take to come back, in milliseconds. */
  readonly graceMs: number
  /** Tells the listener; resolves when it has been told. */
  tell(hook: PresenceEvent, member: Member): Promise<void>
}

/** What is to be told. */
interface Told {
  readonly hook: PresenceEvent
  readonly member: Member
}

/** So many memberships go into one part of a snapshot. */
const PART = 500

export class Presence implements PresenceSink {
  readonly holdings = new Holdings(this)
  readonly #options: PresenceOptions
  readonly #roster: Roster
  /** Ends of the time in which somebody may come back. */
  readonly #waits = new Map<Member, NodeJS.Timeout>()
  /** For each user and group of which something is being told: what is to be told next, and the end of all that. */
  readonly #telling = new Map<string, { readonly next: Told[]; done: Promise<void> }>()
  #leaves = 0
  /** The highest of all infos that have been heard of. */
  #version = 0
  /** Where records go; without other nodes, back to here. */
  #publish: (record: PresenceRecord) => void

  constructor(options: PresenceOptions) {
    this.#options = options
    const { node } = options
    this.#publish = record => this.take(node, record)
    this.#roster = new Roster({
      came: (member, at) => {
        if (at === node) this.#tell('groupJoin', member)
      },
      leaving: (member, by) => {
        this.#stopWaiting(member)
        if (by === node) this.#wait(member)
      },
      returned: member => this.#stopWaiting(member),
      left: (member, by) => {
        this.#stopWaiting(member)
        if (by === node) this.#tell('groupLeave', member)
      },
      unknown: (by, group, user, leave) => {
        if (by !== node) return true
        // It had ended the wait already when it said that, and had not read so: others may believe it.
        this.#publish({ kind: 'left', group, user, leave })
        return false
      },
    })
  }

  /** From here on records go to all nodes, and come back in their order. */
  publishTo(publish: (record: PresenceRecord) => void): void {
    this.#publish = publish
  }

  present(group: string, user: string, info: string | undefined, isSaid: boolean): number {
    if (isSaid) this.#version++
    this.#publish({ kind: 'in', group, user, info, ...(isSaid && { version: this.#version }) })
    return isSaid ? this.#version : 0
  }

  absent(group: string, user: string): void {
    this.#publish({ kind: 'out', group, user, leave: String(++this.#leaves) })
  }

  /** Takes a record of any node, this one included, in the order of all. */
  take(node: string, record: PresenceRecord): void {
    if (record.kind === 'in') this.#heard(record.version ?? 0)
    else if (record.kind === 'snapshot') for (const [, , , version] of record.entries) this.#heard(version)
    this.#roster.take(node, record)
  }

  /** Something that a node has said was missed. Of itself a node needs no telling. */
  doubt(node: string): void {
    if (node !== this.#options.node) this.#roster.doubt(node)
  }

  /** These nodes have been there before this one, and have yet to say what they hold. */
  expect(nodes: Iterable<string>): void {
    this.#roster.expect(nodes)
  }

  /** A node has gone; `heir` waits for those whom it held. */
  nodeGone(node: string, heir: string | undefined): void {
    this.#roster.nodeGone(node, heir)
  }

  /** Says all that this node holds, and whom it waits for, from now on. */
  publishAll(): void {
    const { node } = this.#options
    const entries: Entry[] = []
    for (const [group, user, held] of this.holdings.all()) {
      const { info, version } = this.#latest(group, user, held)
      entries.push([group, user, info ?? null, version])
    }
    for (const member of this.#roster.awaitedBy(node)) {
      // When it could not say that somebody has left, it waits anew.
      if (!this.#waits.has(member)) this.#wait(member)
      const { group, user, info, version, leaving } = member
      entries.push([group, user, info ?? null, version, leaving?.leave ?? ''])
    }
    for (let i = 0; i === 0 || i < entries.length; i += PART) {
      const isLast = i + PART >= entries.length
      this.#publish({
        kind: 'snapshot',
        entries: entries.slice(i, i + PART),
        isFirst: i === 0,
        isLast,
      })
    }
  }

  /** The members of a group at all nodes, who are waited for included. */
  membersInCluster(group: string): Holding[] {
    return [...this.#roster.in(group).values()].map(({ user, info }) => [group, user, info])
  }

  /** The same, and who has just come in here, whom the others have yet to hear of. */
  members(group: string): Iterable<Holding> {
    const members = new Map(this.membersInCluster(group).map(one => [one[1], one]))
    for (const [user, held] of this.holdings.in(group)) {
      members.set(user, [group, user, this.#latest(group, user, held).info])
    }
    return members.values()
  }

  /** How many users are in a group at all nodes, who are waited for not included. */
  countInCluster(group: string): number {
    let count = 0
    for (const { nodes } of this.#roster.in(group).values()) if (nodes.length > 0) count++
    return count
  }

  /** How many users this node holds in a group. */
  countHere(group: string): number {
    return this.holdings.in(group).size
  }

  /** Those whom this node holds or waits for. */
  membersHere(group: string): Holding[] {
    const here = this.holdings.in(group)
    const known = this.#roster.in(group)
    const members: Holding[] = Array.from(here, ([user, held]) => [
      group,
      user,
      this.#latest(group, user, held).info,
    ])
    for (const { user, info, leaving } of known.values()) {
      if (leaving?.by === this.#options.node && !here.has(user)) members.push([group, user, info])
    }
    return members
  }

  /**
   * This node stops.
   * @param isAlone whether nobody is left to wait for those who are in its groups: then they leave now
   */
  async end(isAlone: boolean): Promise<void> {
    for (const wait of this.#waits.values()) clearTimeout(wait)
    this.#waits.clear()
    const members = this.#roster.clear()
    if (isAlone) for (const member of members) this.#tell('groupLeave', member)
    await Promise.all([...this.#telling.values()].map(({ done }) => done))
  }

  #heard(version: number): void {
    if (version > this.#version) this.#version = version
  }

  /** What was said last of a user: here, or as far as it has been heard. */
  #latest(group: string, user: string, held: Readonly<Held>): Pick<Held, 'info' | 'version'> {
    const known = this.#roster.in(group).get(user)
    return known === undefined || known.version < held.version ? held : known
  }

  #wait(member: Member): void {
    const wait = setTimeout(() => {
      this.#waits.delete(member)
      const { group, user, leaving } = member
      if (leaving !== undefined) this.#publish({ kind: 'left', group, user, leave: leaving.leave })
    }, this.#options.graceMs)
    wait.unref()
    this.#waits.set(member, wait)
  }

  #stopWaiting(member: Member): void {
    clearTimeout(this.#waits.get(member))
    this.#waits.delete(member)
  }

  /**
   * One after another for each user and group, and never within the code that has caused it. A coming and a going that
   * both wait for a slow hook come to nothing, so that they cannot pile up.
   */
  #tell(hook: PresenceEvent, member: Member): void {
    const key = JSON.stringify([member.group, member.user])
    // What is told is how it was, whatever it has become by then.
    const told: Told = { hook, member: { ...member } }
    const telling = this.#telling.get(key)
    if (telling === undefined) {
      const started = { next: [told], done: Promise.resolve() }
      this.#telling.set(key, started)
      started.done = this.#tellAll(key, started.next)
      return
    }
    const last = telling.next.at(-1)
    if (last !== undefined && last.hook !== hook) telling.next.pop()
    else telling.next.push(told)
  }

  async #tellAll(key: string, next: Told[]): Promise<void> {
    await Promise.resolve()
    for (let told = next.shift(); told !== undefined; told = next.shift()) {
      await this.#options.tell(told.hook, told.member)
    }
    this.#telling.delete(key)
  }
}
