/** Connections by a name that several of them share, such as a group or a user. Each step takes constant time. */
export class Membership<C> {
  readonly #members = new Map<string, Set<C>>()

  /** How many names have somebody. */
  get size(): number {
    return this.#members.size
  }

  /** The names that have somebody, in the order in which they came. */
  names(): Iterable<string> {
    return this.#members.keys()
  }

  get(name: string): ReadonlySet<C> | undefined {
    return this.#members.get(name)
  }

  add(name: string, member: C): void {
    const members = this.#members.get(name)
    if (members === undefined) this.#members.set(name, new Set([member]))
    else members.add(member)
  }

  delete(name: string, member: C): void {
    const members = this.#members.get(name)
    if (members === undefined || !members.delete(member)) return
    if (members.size === 0) this.#members.delete(name)
  }
}
