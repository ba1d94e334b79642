/** The paths at which clients may connect (`WS_PATH`), and the group that a path puts them into. */
import { groupNameFault } from '../connections/group-name.ts'
import { Problem } from '../problem.ts'

/** The part of a path that names the group. */
const GROUP = ':group'

/** @returns whether it is a path, with at most one part `:group` */
export function isPathPattern(text: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(text) || /[?#*]/.test(text)) return false
  const parts = text.split('/').filter(part => part.startsWith(':'))
  return parts.length === 0 || (parts.length === 1 && parts[0] === GROUP)
}

export class PathRule {
  readonly #pattern: string | null
  readonly #parts: readonly string[]

  /** @param pattern null lets clients connect at any path */
  constructor(pattern: string | null) {
    this.#pattern = pattern
    this.#parts = pattern?.split('/') ?? []
  }

  /**
   * The groups that a path puts its client into: one, or none.
   * @param path as the client sent it, URL-encoded
   * @throws Problem 404 for another path
   */
  groupsOf(path: string): readonly string[] {
    if (this.#pattern === null) return []
    const parts = path.split('/')
    const groups: string[] = []
    const fits =
      parts.length === this.#parts.length &&
      parts.every((part, i) => {
        if (this.#parts[i] !== GROUP) return part === this.#parts[i]
        const name = decoded(part)
        if (name === undefined || groupNameFault(name) !== undefined) return false
        groups.push(name)
        return true
      })
    if (!fits) throw new Problem(404, `clients connect at ${this.#pattern} here (WS_PATH)`)
    return groups
  }
}

/** Undefined when it is not URL-encoded properly. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
