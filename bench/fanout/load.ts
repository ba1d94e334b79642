/** The load generator: a program in C++ that lives beside the repository, built at its first use. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onCore, run } from '../process.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const source = join(root, '..', 'shared', 'bench', 'loadgen.cpp')
/** What a run of the load generator found. Its further keys depend on the mode. */
export interface LoadResult {
  readonly [key: string]: unknown
  /** Nothing was lost, damaged, reordered or closed. */
  readonly ok: boolean
}

/**
 * Builds the load generator unless it is there and current.
 * @param header what is compiled before it: it changes what the load generator does, and so its name
 * @throws when its source or the compiler is not there
 */
export function loadGenerator(header?: string): string {
  const built = join(root, '.bench', header === undefined ? 'loadgen' : `loadgen-${parse(header).name}`)
  if (!existsSync(source)) {
    if (existsSync(built)) return built
    throw new Error(`${source} is not there, so there is no load; --loadgen PATH names one that is built`)
  }
  const sources = header === undefined ? [source] : [source, header]
  const isCurrent = (file: string): boolean => statSync(built).mtimeMs > statSync(file).mtimeMs
  if (existsSync(built) && sources.every(isCurrent)) return built
  mkdirSync(dirname(built), { recursive: true })
  const before = header === undefined ? [] : ['-include', header]
  const words = ['-O2', '-std=c++17', ...before, '-o', built, source]
  const compiler = spawnSync('g++', words, { stdio: 'inherit' })
  if (compiler.error !== undefined) throw new Error(`g++ cannot be run (${compiler.error.message})`)
  if (compiler.status !== 0) throw new Error(`g++ could not build ${source}`)
  return built
}

/** Runs it once, on a core of its own. It ends by itself; should it not, it is killed. */
export async function load(path: string, core: string, args: readonly string[], timeoutMs: number) {
  // Code 2: something was lost, damaged or closed; the result says what.
  const output = await run(onCore(core, [path, ...args]), timeoutMs, [0, 2])
  return JSON.parse(output) as LoadResult
}
