/** What a load was made of, and whether the disk still says the same. */
import { createHash } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { type Found, findListener } from './find.ts'

/** What one attempt to load has read. */
export interface Snapshot {
  readonly found: Found
  /** Each file of the listener's own, by its real path, with the hash of what was read. */
  readonly files: ReadonlyMap<string, string>
  /** Links that an import went through, and where they led. */
  readonly links: ReadonlyMap<string, string>
  /** Paths that an import would have taken, had they been there. */
  readonly absent: ReadonlySet<string>
}

/** In place of a hash, for a file that could not be read. */
export const UNREADABLE = 'unreadable'

/** The hash of a file's content. */
export function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('base64')
}

/** The hash of an empty file. */
export const EMPTY = hashOf(Buffer.alloc(0))

/** Whether a file is empty that was not, or was not there, before. */
export function hasEmptied(before: Snapshot, { files }: Snapshot): boolean {
  return [...files].some(([path, hash]) => hash === EMPTY && before.files.get(path) !== EMPTY)
}

/** A snapshot of something that has no files to read. */
export function bare(found: Found): Snapshot {
  return { found, files: new Map(), links: new Map(), absent: new Set() }
}

/** Whether loading anew would read the same. A touch changes nothing; another real path does. */
export async function sameContent(root: string, snapshot: Snapshot): Promise<boolean> {
  // All at once: on a slow disk one after the other would take too long.
  const same = await Promise.all([
    findListener(root).then(found => identity(found) === identity(snapshot.found)),
    ...[...snapshot.files].map(async ([path, hash]) => (await hashAt(path)) === hash),
    ...[...snapshot.links].map(async ([link, target]) => (await targetOf(link)) === target),
    ...[...snapshot.absent].map(async path => (await targetOf(path)) === ''),
  ])
  return same.every(Boolean)
}

/** The same text for the same content: a fault is reported once for each. */
export function contentKey(snapshot: Snapshot): string {
  return JSON.stringify([identity(snapshot.found), [...snapshot.files], [...snapshot.links]])
}

function identity(found: Found): string {
  return found.kind === 'file' ? `file ${found.path} ${found.real}` : `${found.kind} ${found.reason}`
}

async function hashAt(path: string): Promise<string> {
  try {
    return hashOf(await readFile(path))
  } catch {
    return UNREADABLE
  }
}

/** Where a path leads, or `''` when it leads nowhere. */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return ''
  }
}
