/** Who receives a message: a value, resolved in this one place. */
import { kindOf } from '../kind-of.ts'
import type { Recipient } from '../listener/types.ts'

/** The recipients of a message: all who are listed in one way or another, or everyone; without those excepted. */
export interface Recipients {
  /** None of the three lists given: everyone. An empty one: nobody. */
  readonly connections?: readonly Recipient[] | undefined
  /** By their groups. */
  readonly groups?: readonly (string | undefined)[] | undefined
  /** By their users. */
  readonly users?: readonly (string | undefined)[] | undefined
  readonly except?: readonly Recipient[] | undefined
}

/** What the recipients are looked up in. */
export interface Directory<C> extends Iterable<C> {
  get(id: string): C | undefined
  /** Who is in a group, or undefined. */
  inGroup(name: string): ReadonlySet<C> | undefined
  /** The connections of a user, or undefined. */
  ofUser(user: string): ReadonlySet<C> | undefined
  /** Whether a connection that is not here may be open at another node. */
  isElsewhere(id: string): boolean
}

/** The recipients that are here, nobody twice. */
export interface Resolved<C> {
  readonly sinks: Iterable<C>
  /** How many of those listed are closed or unknown. */
  readonly unknown: number
  /** Whether all who are meant are here, whatever other nodes there are. */
  readonly isLocal: boolean
}

/**
 * Looks the recipients up. Connections are given themselves or by their ids; `undefined` is passed over.
 * @throws TypeError when a list is no array, or a group or user no text
 */
export function resolve<C extends object>(recipients: Recipients, directory: Directory<C>): Resolved<C> {
  const { connections, except } = recipients
  const groups = names('groups', recipients.groups)
  const users = names('users', recipients.users)
  if (connections !== undefined && !Array.isArray(connections)) throw notAList('connections', connections)
  if (except !== undefined && !Array.isArray(except)) throw notAList('except', except)
  const listed = union(connections, groups, users, directory)
  if (except === undefined || except.length === 0) return listed
  const left = lookUp(except, directory).sinks
  return left.size === 0 ? listed : { ...listed, sinks: without(listed.sinks, left) }
}

function union<C extends object>(
  connections: readonly Recipient[] | undefined,
  groups: readonly string[] | undefined,
  users: readonly string[] | undefined,
  directory: Directory<C>,
): Resolved<C> {
  if (groups === undefined && users === undefined) {
    if (connections === undefined) return { sinks: directory, unknown: 0, isLocal: false }
    const { sinks, unknown, elsewhere } = lookUp(connections, directory)
    return { sinks, unknown, isLocal: elsewhere === 0 }
  }
  const sets = [
    ...(groups ?? []).map(name => directory.inGroup(name)),
    ...(users ?? []).map(user => directory.ofUser(user)),
  ].filter(set => set !== undefined)
  const isLocal = (groups?.length ?? 0) + (users?.length ?? 0) === 0
  const [only] = sets
  // Most often it is one group: then nothing is copied.
  if (connections === undefined && sets.length < 2) return { sinks: only ?? [], unknown: 0, isLocal }
  const { sinks, unknown, elsewhere } = lookUp(connections ?? [], directory)
  for (const set of sets) for (const sink of set) sinks.add(sink)
  return { sinks, unknown, isLocal: isLocal && elsewhere === 0 }
}

function lookUp<C extends object>(list: readonly Recipient[], directory: Directory<C>) {
  const sinks = new Set<C>()
  let unknown = 0
  let elsewhere = 0
  for (const entry of list) {
    if (entry === undefined) continue
    const id = typeof entry === 'string' ? entry : entry?.id
    const sink = typeof id === 'string' ? directory.get(id) : undefined
    if (sink !== undefined) sinks.add(sink)
    else if (typeof id === 'string' && directory.isElsewhere(id)) elsewhere++
    else unknown++
  }
  return { sinks, unknown, elsewhere }
}

function names(
  what: 'groups' | 'users',
  list: readonly (string | undefined)[] | undefined,
): readonly string[] | undefined {
  if (list === undefined) return undefined
  if (!Array.isArray(list)) throw new TypeError(`data.${what} takes an array of texts, got ${kindOf(list)}`)
  const given = list.filter(name => name !== undefined)
  const wrong = given.find(name => typeof name !== 'string')
  if (wrong === undefined) return given
  throw new TypeError(`data.${what} takes an array of texts, got ${kindOf(wrong)} in it`)
}

/** Iterable more than once, as the other lists are. */
function without<C extends object>(all: Iterable<C>, left: ReadonlySet<C>): Iterable<C> {
  return {
    *[Symbol.iterator]() {
      for (const sink of all) if (!left.has(sink)) yield sink
    },
  }
}

function notAList(name: string, got: unknown): TypeError {
  return new TypeError(`data.${name} takes an array of connections or their ids, got ${typeof got}`)
}
