/** The nodes of the cluster, as this one has heard of them. Nobody's clock plays a part: beats are counted. */
import type { Load, NodeStatus } from './status.ts'

interface Member {
  host: string
  load: Load
  lastSeen: Date
  /** How many of this node's own beats have been read since something was read of that one. */
  silentBeats: number
}

/** A node of which nothing has come during so many beats of another one is dead. */
export const BEATS_TO_DEATH = 5

export class Members {
  readonly #others = new Map<string, Member>()

  /** Those that live, this one not included. */
  get live(): string[] {
    return [...this.#others.keys()]
  }

  get size(): number {
    return this.#others.size
  }

  has(node: string): boolean {
    return this.#others.has(node)
  }

  /** Something of a node has been read. */
  heard(node: string): void {
    const member = this.#others.get(node)
    if (member === undefined) return
    // Its excuse is no longer needed.
    member.silentBeats = 0
    member.lastSeen = new Date()
  }

  /** A node says how it is. @returns whether it is one that was not known */
  came(node: string, host: string, { connections, groups, users }: Load): boolean {
    const load = { connections, groups, users }
    const member = this.#others.get(node)
    if (member === undefined) {
      this.#others.set(node, { host, load, lastSeen: new Date(), silentBeats: 0 })
      return true
    }
    member.load = load
    return false
  }

  /** @returns whether it was known */
  went(node: string): boolean {
    return this.#others.delete(node)
  }

  /** This node's own beat has been read. @returns those that are dead now */
  beat(): string[] {
    const dead: string[] = []
    for (const [node, member] of this.#others) if (++member.silentBeats >= BEATS_TO_DEATH) dead.push(node)
    return dead
  }

  /** Nobody is to be taken for dead for so many more beats, since all have yet to come back. */
  excuse(beats: number): void {
    for (const member of this.#others.values()) member.silentBeats = -beats
  }

  /** All nodes, by their ids. */
  statusWith(self: Omit<NodeStatus, 'lastSeen'>): NodeStatus[] {
    const others = [...this.#others].map(([id, { host, load, lastSeen }]) => ({
      id,
      host,
      ...load,
      lastSeen,
    }))
    return [...others, { ...self, lastSeen: new Date() }].sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}
