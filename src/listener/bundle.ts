/** Makes one CommonJS text of the listener's own files, with their types stripped. */
import { dirname } from 'node:path'
import type { Message } from 'esbuild'
import { compileWith, isBuildFailure } from './compiler.ts'
import { ListenerLoadError } from './listener.ts'
import { ownFiles, type Trace } from './own-files.ts'
import { locationNames } from './source-location.ts'

export interface Bundle {
  readonly code: string
  /** The source map, as JSON. */
  readonly map: string
}

/**
 * @param entry the real path of the listener's file
 * @param name the absolute path that the bundle is known by in stacks; there is no such file
 * @param trace is told what was read, also when the bundle fails
 */
export async function bundleListener(
  entry: string,
  name: string,
  provided: ReadonlySet<string>,
  trace: Trace,
): Promise<Bundle> {
  try {
    const { outputFiles } = await compileWith({
      entryPoints: [entry],
      absWorkingDir: dirname(entry),
      outfile: name,
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      sourcemap: 'external',
      sourcesContent: false,
      // A project's tsconfig is for its own build; here a type import without `type` must work.
      tsconfigRaw: '{}',
      // Node's way to resolve, not a bundler's.
      conditions: [],
      mainFields: ['main'],
      resolveExtensions: ['.ts', '.mts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json'],
      ignoreAnnotations: true,
      define: { ...locationNames },
      plugins: [ownFiles(entry, provided, trace)],
      logLevel: 'silent',
    })
    let code = ''
    let map = ''
    for (const file of outputFiles) {
      if (file.path.endsWith('.map')) map = file.text
      else if (file.path === name) code = file.text
    }
    return { code, map }
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    throw new ListenerLoadError(describe(error.errors, dirname(entry)))
  }
}

/** How many of esbuild's faults are shown; the rest mostly follows from the first. */
const SHOWN = 3

function describe(errors: readonly Message[], folder: string): string {
  const shown = errors.slice(0, SHOWN).map(error => lineOf(error, folder))
  if (errors.length > SHOWN) shown.push(`and ${errors.length - SHOWN} more`)
  return shown.join('\n')
}

function lineOf({ text, location }: Message, folder: string): string {
  const said = text.startsWith('Top-level await') ? topLevelAwait : text
  if (location === null) return said
  return `${folder}/${location.file}:${location.line}:${location.column + 1}: ${said}`
}

const topLevelAwait =
  'top-level await does not work in a listener, because a new version is made ready while the old one serves: ' +
  'await inside `export async function onLoad(gateway) {}` instead'
