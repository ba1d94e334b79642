/** Finds the listener's file from `WS_LISTENER`, anew each time: Node's own path cache would keep old links. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** What `WS_LISTENER` leads to. */
export type Found =
  /** `path` is what a user calls it, `real` what all links lead to. */
  | { readonly kind: 'file'; readonly path: string; readonly real: string }
  /** A folder that holds no listener: the gateway's default behaviour. */
  | { readonly kind: 'none'; readonly path: string; readonly reason: string }
  /** Not there. */
  | { readonly kind: 'missing'; readonly path: string; readonly reason: string }
  /** There, but nothing that can be loaded. */
  | { readonly kind: 'unusable'; readonly path: string; readonly reason: string }

const extensions = ['ts', 'mts', 'js', 'mjs', 'cjs']

/** The names that are looked for in a folder, the first one wins. */
export const candidates: readonly string[] = ['listener', 'index'].flatMap(name =>
  extensions.map(extension => `${name}.${extension}`),
)

const loadable = new Set([...extensions, 'cts', 'tsx', 'jsx'].map(extension => `.${extension}`))

/** @param root the absolute path of `WS_LISTENER` */
export async function findListener(root: string): Promise<Found> {
  try {
    const stats = await stat(root)
    if (stats.isDirectory()) return await findIn(root)
    if (!stats.isFile())
      return { kind: 'unusable', path: root, reason: `${root} is neither a file nor a folder` }
    if (loadable.has(extname(root))) return { kind: 'file', path: root, real: await realpath(root) }
    return { kind: 'unusable', path: root, reason: `${root} is no .ts, .mts, .js, .mjs or .cjs file` }
  } catch (error) {
    return unreachable(root, error)
  }
}

async function findIn(folder: string): Promise<Found> {
  const names = new Set(await readdir(folder))
  for (const name of candidates) {
    if (!names.has(name)) continue
    const path = join(folder, name)
    try {
      const [stats, real] = await Promise.all([stat(path), realpath(path)])
      if (stats.isFile()) return { kind: 'file', path, real }
    } catch (error) {
      // A link that leads nowhere is a listener that is missing, not a folder without one: fail closed.
      return unreachable(path, error)
    }
  }
  return {
    kind: 'none',
    path: folder,
    reason: `${folder} holds no listener.ts or index.ts (nor .mts, .js, .mjs, .cjs)`,
  }
}

function unreachable(path: string, error: unknown): Found {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return { kind: 'missing', path, reason: `${path} does not exist` }
  const reason = code === 'EACCES' ? 'no permission to read it' : code || String(error)
  return { kind: 'unusable', path, reason: `${path}: ${reason}` }
}
