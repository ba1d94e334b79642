/** The esbuild plugin that tells the listener's own files, which are bundled, from packages, which are not. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { OnResolveArgs, OnResolveResult, Plugin } from 'esbuild'
import { pathsTried } from './paths-tried.ts'
import { hashOf, UNREADABLE } from './snapshot.ts'
import { withLocation } from './source-location.ts'

/** What a bundle was made of; filled while esbuild runs, and kept when it fails. */
export interface Trace {
  readonly files: Map<string, string>
  readonly links: Map<string, string>
  readonly absent: Set<string>
}

/** The name by which a bundle asks for a module that the gateway provides. */
export const PROVIDED = '__gw_module'

const RESOLVING = Symbol('resolving')
const SCRIPT = /\.[cm]?[jt]sx?$/

/**
 * @param entry the real path of the listener's file
 * @param provided the modules that the gateway answers itself
 */
export function ownFiles(entry: string, provided: ReadonlySet<string>, trace: Trace): Plugin {
  const home = dirname(entry)

  /** Packages are left to Node: it loads them once, and they may be anything that Node can load. */
  function isPackage(asked: string, path: string): boolean {
    // A listener may itself lie in a package, so its relative imports are judged from its own folder.
    const seen = isRelative(asked) ? relative(home, path) : path
    return seen.split(sep).includes('node_modules') || path.endsWith('.node')
  }

  return {
    name: 'own-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async args => {
        if (args.pluginData === RESOLVING || args.kind === 'entry-point') return undefined
        if (args.namespace === 'esm') return { path: args.path, external: true }
        if (provided.has(args.path)) return { path: args.path, namespace: 'provided' }
        const { path: asked, importer, kind, namespace, resolveDir } = args
        const found = await build.resolve(asked, {
          importer,
          kind,
          namespace,
          resolveDir,
          pluginData: RESOLVING,
        })
        if (found.errors.length > 0) return unresolved(args, trace)
        if (found.external) return { path: found.path, external: true }
        if (found.namespace !== 'file') return undefined
        if (isPackage(asked, found.path)) return external(args, found.path)
        if (isRelative(asked)) await noteLink(resolve(resolveDir, asked), found.path, trace)
        // What a package.json says of side effects is for programs that are shipped, not for this one.
        return { path: found.path, suffix: found.suffix, sideEffects: true }
      })

      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => {
        trace.files.set(path, UNREADABLE)
        const content = await readFile(path)
        trace.files.set(path, hashOf(content))
        const text = content.toString('utf8')
        if (path === entry && text.trim() === '') return { errors: [{ text: `${path} is empty` }] }
        if (!SCRIPT.test(path)) return { contents: content, loader: 'default' }
        return { contents: withLocation(text, path), loader: 'default' }
      })

      build.onLoad({ filter: /.*/, namespace: 'provided' }, ({ path }) => ({
        contents: `module.exports = ${PROVIDED}(${JSON.stringify(path)})`,
      }))

      // esbuild takes the whole namespace for the default import in .mts and .mjs files, as Node does with
      // CommonJS; for a package of ES modules that would be wrong.
      build.onLoad({ filter: /.*/, namespace: 'esm' }, ({ path }) => {
        const from = JSON.stringify(path)
        return { contents: `import * as all from ${from}; export * from ${from}; export default all.default` }
      })
    },
  }
}

/** A package's module, to be loaded by Node at run time. */
function external(args: OnResolveArgs, path: string): OnResolveResult {
  if (args.kind === 'dynamic-import') return { path: pathToFileURL(path).href, external: true }
  if (args.kind === 'import-statement' && isEsModule(path)) return { path, namespace: 'esm' }
  return { path, external: true, sideEffects: true }
}

/** esbuild knows fewer ways than Node (NODE_PATH, the newest built-in modules), so Node is asked too. */
function unresolved(args: OnResolveArgs, trace: Trace): OnResolveResult | undefined {
  if (!isRelative(args.path)) {
    try {
      const path = createRequire(join(args.resolveDir, 'listener.js')).resolve(args.path)
      return isAbsolute(path) ? external(args, path) : { path, external: true }
    } catch {
      // Node does not know it either: esbuild says it best.
    }
  }
  // A file that is there by now has just appeared: noted as absent, it makes the load go again.
  for (const path of pathsTried(args.resolveDir, args.path)) if (!isFolder(path)) trace.absent.add(path)
  return undefined
}

async function noteLink(asked: string, real: string, trace: Trace): Promise<void> {
  if (asked === real) return
  for (const path of [asked, `${asked}${extname(real)}`, asked.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')]) {
    if (path === real) return
    if (existsSync(path) && (await realpath(path)) === real) {
      trace.links.set(path, real)
      return
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isRelative(path: string): boolean {
  return path.startsWith('.') || isAbsolute(path)
}

/** Whether Node takes this file of a package for an ES module. */
function isEsModule(path: string): boolean {
  if (path.endsWith('.mjs')) return true
  if (!path.endsWith('.js')) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return isModulePackage(file)
    if (folder === dirname(folder)) return false
  }
}

function isModulePackage(file: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof content === 'object' && content !== null && 'type' in content && content.type === 'module'
  } catch {
    return false
  }
}
