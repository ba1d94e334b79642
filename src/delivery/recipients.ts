/** Who receives a message: a value, resolved in this one place. */
import type { Recipient } from '../listener/types.ts'

/** The recipients of a message: everyone, or those listed; without those excepted. */
export interface Recipients {
  /** Undefined: everyone. An empty list: nobody. */
  readonly only: readonly Recipient[] | undefined
  readonly except: readonly Recipient[] | undefined
}

/** What the recipients are looked up in. */
export interface Directory<C> extends Iterable<C> {
  get(id: string): C | undefined
}

/** The recipients that are there, nobody twice, and how many of those listed are closed or unknown. */
export interface Resolved<C> {
  readonly sinks: Iterable<C>
  readonly unknown: number
}

/**
 * Looks the recipients up. Names are connections or their ids; `undefined` is passed over.
 * @throws TypeError when a list is no array
 */
export function resolve<C extends object>(recipients: Recipients, directory: Directory<C>): Resolved<C> {
  const { only, except } = recipients
  if (only !== undefined && !Array.isArray(only)) throw notAList('connections', only)
  if (except !== undefined && !Array.isArray(except)) throw notAList('except', except)
  if (only === undefined) {
    if (except === undefined || except.length === 0) return { sinks: directory, unknown: 0 }
    const left = lookUp(except, directory)
    return { sinks: without(directory, left.sinks), unknown: 0 }
  }
  const listed = lookUp(only, directory)
  if (except === undefined || except.length === 0) return listed
  return { sinks: without(listed.sinks, lookUp(except, directory).sinks), unknown: listed.unknown }
}

function lookUp<C extends object>(list: readonly Recipient[], directory: Directory<C>) {
  const sinks = new Set<C>()
  let unknown = 0
  for (const entry of list) {
    if (entry === undefined) continue
    const id = typeof entry === 'string' ? entry : entry?.id
    const sink = typeof id === 'string' ? directory.get(id) : undefined
    if (sink === undefined) unknown++
    else sinks.add(sink)
  }
  return { sinks, unknown }
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
