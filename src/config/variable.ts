/** What the tables of variables are made of. */
import type { Kind } from './kinds.ts'

/** One variable: its name, how it is read, its default, and what it means to a user. */
export interface Variable<T> {
  readonly name: string
  readonly kind: Kind<T>
  readonly default: T
  /** How the default is written where it is shown; its text when left out. */
  readonly shownDefault?: string
  readonly meaning: string
  /** True when its value must never be shown. */
  readonly secret?: boolean
  /**
   * True for what keeps others out: an empty file (NAME_FILE) is a fault, and an empty text is warned of, since a
   * secret that has not arrived would open the door to everyone.
   */
  readonly guards?: boolean
}

/** Declares a variable, with its type taken from its kind. */
export function variable<T>(declared: Variable<T>): Variable<T> {
  return declared
}

/** How the default of a variable is written in the README and in `gateway config`. */
export function shownDefault(v: Variable<unknown>): string {
  return v.shownDefault ?? String(v.default)
}
