/** Makes every stack name the user's own files and lines, also the stacks that the listener itself reads. */
import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'

interface Known {
  readonly folder: string
  readonly files: readonly string[]
  /** JSON until the first stack needs it: most versions never throw. */
  map: string | SourceMap
  inUse: boolean
}

/** Versions out of use that can still show up in stacks: their timers, their pending promises. */
const KEPT = 20

const bundles = new Map<string, Known>()
const raw = /\/\.listener-\d+\.cjs:\d/

/** Lets stacks that pass through this bundle be mapped and be known as the listener's. */
export function knowBundle(name: string, map: string, files: Iterable<string>): void {
  install()
  bundles.set(name, { folder: dirname(name), files: [...files], map, inUse: false })
  forgetOldest()
}

/** A bundle in use is kept, however many others fail after it. */
export function markBundle(name: string, inUse: boolean): void {
  const known = bundles.get(name)
  if (known !== undefined) known.inUse = inUse
}

/** Whether one of the stack's frames is in a file of the listener's own. */
export function passesThroughListener(stack: string): boolean {
  const frames = stack.split('\n').filter(line => /^\s*at /.test(line))
  return frames.some(frame => raw.test(frame) || [...bundles.values()].some(known => isIn(frame, known)))
}

function isIn(frame: string, { files }: Known): boolean {
  return files.some(file => frame.includes(`${file}:`))
}

function forgetOldest(): void {
  let surplus = bundles.size - KEPT
  for (const [name, { inUse }] of bundles) {
    if (surplus <= 0) return
    surplus--
    if (!inUse) bundles.delete(name)
  }
}

type Prepare = (error: Error, frames: NodeJS.CallSite[]) => unknown

/** Node's own, or what was there before the first load. */
let original: Prepare | undefined
/** Whom to ask: the original, or what a package has put around or over ours. */
let previous: Prepare | undefined
let delegating = false

/** Done at each load: a listener's package may have put its own in place meanwhile. */
function install(): void {
  if (Error.prepareStackTrace === prepare) return
  previous = Error.prepareStackTrace
  original ??= previous
  Error.prepareStackTrace = prepare
}

function prepare(error: Error, frames: NodeJS.CallSite[]): unknown {
  const shown = frames.some(isBundled) ? frames.map(mapped) : frames
  // The previous one may ask back, when it was put around ours.
  const next = delegating ? original : previous
  if (next === undefined) return plain(error, shown)
  const before = delegating
  delegating = true
  try {
    return next.call(Error, error, shown)
  } finally {
    delegating = before
  }
}

/** As V8 writes it. */
function plain(error: Error, frames: readonly NodeJS.CallSite[]): string {
  return [Error.prototype.toString.call(error), ...frames.map(frame => `    at ${frame}`)].join('\n')
}

function isBundled(frame: NodeJS.CallSite): boolean {
  return bundles.has(frame.getFileName() ?? '')
}

/** The same frame, in the words of the file that the user wrote. */
function mapped(frame: NodeJS.CallSite): NodeJS.CallSite {
  const name = frame.getFileName() ?? ''
  const known = bundles.get(name)
  if (known === undefined) return frame
  const line = frame.getLineNumber() ?? 1
  const column = frame.getColumnNumber() ?? 1
  if (typeof known.map === 'string') known.map = new SourceMap(JSON.parse(known.map))
  const entry = known.map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || entry.originalSource === undefined) return frame
  const file = resolve(known.folder, entry.originalSource)
  const own = { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  const text = String(frame).replace(`${name}:${line}:${column}`, () => `${file}:${own.line}:${own.column}`)
  return standIn(frame, {
    getFileName: () => file,
    getScriptNameOrSourceURL: () => file,
    getLineNumber: () => own.line,
    getColumnNumber: () => own.column,
    toString: () => text,
  })
}

/** V8's frames answer to themselves alone, so each method is bound to the frame that it asks. */
function standIn(frame: NodeJS.CallSite, answers: Record<string, () => unknown>): NodeJS.CallSite {
  return new Proxy(frame, {
    get(target, key) {
      const answer = typeof key === 'string' && Object.hasOwn(answers, key) ? answers[key] : undefined
      if (answer !== undefined) return answer
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
