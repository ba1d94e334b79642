/** Loads the listener: find, bundle, evaluate, pick the hooks. */
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleListener } from './bundle.ts'
import type { Found } from './find.ts'
import { type HookNames, type Hooks, pickHooks } from './hooks.ts'
import { ListenerLoadError, ShortageError } from './listener.ts'
import type { Trace } from './own-files.ts'
import { compileProgram, type Program } from './program.ts'
import { GLANCE_MS } from './settle.ts'
import { bare, hasEmptied, type Snapshot } from './snapshot.ts'
import { knowBundle, passesThroughListener } from './stack.ts'
import { asError, messageOf } from './thrown.ts'

/** A listener that is compiled, and can be evaluated any number of times. */
export interface Compiled {
  readonly path: string
  /** What its stacks call it before they are mapped. */
  readonly name: string
  readonly program: Program
}

export type Compilation =
  | { readonly snapshot: Snapshot; readonly compiled: Compiled }
  | { readonly snapshot: Snapshot; readonly error: ListenerLoadError }

export type FoundFile = Extract<Found, { kind: 'file' }>

let count = 0

/** A file that is empty all of a sudden is read again so often: a save empties a file before it writes it. */
const READ_AGAIN = 3

/**
 * Compiles the listener's file as it is on the disk now. Never throws: the snapshot is there either way.
 * @param before what the last load has read
 */
export async function compileWritten(
  found: FoundFile,
  modules: Readonly<Record<string, object>>,
  before: Snapshot,
): Promise<Compilation> {
  let compilation = await compile(found, modules)
  for (let tries = 0; tries < READ_AGAIN && hasEmptied(before, compilation.snapshot); tries++) {
    await sleep(GLANCE_MS)
    compilation = await compile(found, modules)
  }
  return compilation
}

async function compile(found: FoundFile, modules: Readonly<Record<string, object>>): Promise<Compilation> {
  const trace: Trace = { files: new Map(), links: new Map(), absent: new Set() }
  const snapshot: Snapshot = { found, ...trace }
  // Absolute and in the listener's own folder, since its computed imports resolve from there.
  const name = join(dirname(found.real), `.listener-${++count}.cjs`)
  try {
    const provided = new Set(Object.keys(modules))
    const { code, map } = await bundleListener(found.real, name, provided, trace)
    knowBundle(name, map, trace.files.keys())
    return {
      snapshot,
      compiled: { path: found.path, name, program: compileProgram(code, name, found.real, modules) },
    }
  } catch (error) {
    if (!(error instanceof ShortageError)) return { snapshot, error: loadError(error) }
    // As if it had not been seen, so that the next look finds it new and tries again.
    const { path } = found
    return { snapshot: bare({ kind: 'missing', path, reason: error.message }), error: loadError(error) }
  }
}

/**
 * Evaluates the listener anew.
 * @throws ListenerLoadError
 */
export function evaluate({ program }: Compiled, names: HookNames): Hooks {
  try {
    return pickHooks(program(), names)
  } catch (error) {
    throw loadError(error)
  }
}

/** The same error, or one that says where in the listener's files this one came from. */
export function loadError(error: unknown, prefix = ''): ListenerLoadError {
  if (error instanceof ListenerLoadError && prefix === '') return withoutFrames(error)
  const place = placeOf(error)
  const text = `${prefix}${messageOf(error)}${place === undefined ? '' : ` (${place})`}${adviceOn(error)}`
  return withoutFrames(new ListenerLoadError(text, { cause: asError(error) }))
}

/** Frames of the gateway's own would say nothing of the listener's fault; the cause has the listener's. */
function withoutFrames(error: ListenerLoadError): ListenerLoadError {
  error.stack = `${error.name}: ${error.message}`
  return error
}

function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : ''
  const frame = stack.split('\n').find(line => /^\s*at /.test(line) && passesThroughListener(line))
  return frame?.trim().replace(/^at (?:.*\((.*)\)|(.*))$/, '$1$2')
}

function adviceOn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code !== 'ERR_REQUIRE_ASYNC_MODULE') return ''
  return ': the package uses top-level await, so load it inside onLoad, `const it = await import(…)`'
}
