/** A cheap look at everything that a load depends on: equal looks mean that nothing was saved in between. */
import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findListener } from './find.ts'
import { EMPTY, type Snapshot, targetOf } from './snapshot.ts'

export interface Fingerprint {
  readonly text: string
  /** When the newest of the files was written, in ms since 1970. */
  readonly newest: number
  /** Whether a file that had content is empty: it is just being written. */
  readonly empty: boolean
  /** Whether there was a listener's file that is not there now. */
  readonly gone: boolean
  /** The files that no folder holds any more, although their path is there (a bind mount of one file). */
  readonly detached: readonly string[]
  /** The folders and files to watch. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  /** Changes when one of them was replaced by another of the same name. */
  readonly places: string
}

/** @param snapshot what the last attempt has read */
export async function takeFingerprint(root: string, snapshot: Snapshot): Promise<Fingerprint> {
  // All at once: on a slow disk one after the other would take too long.
  const [found, known, parents, targets] = await Promise.all([
    findListener(root),
    statAll(snapshot.files.keys()),
    statAll([dirname(root), root]),
    Promise.all([...snapshot.links.keys(), ...snapshot.absent].map(targetOf)),
  ])
  const isNew = found.kind === 'file' && !known.has(found.real)
  const files = new Map([...known, ...(isNew ? await statAll([found.real]) : [])])
  const folders = new Set(parents.keys())
  if (found.kind === 'file') folders.add(dirname(found.real))

  const lines = [found.kind === 'file' ? `${found.path} ${found.real}` : found.reason, ...targets]
  const places = [...parents, ...files].map(([path, stats]) => `${path} ${stats?.ino}`)
  const detached: string[] = []
  let newest = 0
  let empty = false
  for (const [path, stats] of files) {
    lines.push(`${path} ${stats?.ino} ${stats?.size} ${stats?.mtimeNs} ${stats?.ctimeNs}`)
    if (stats === undefined) continue
    newest = Math.max(newest, Number(stats.mtimeNs / 1_000_000n), Number(stats.ctimeNs / 1_000_000n))
    if (stats.size === 0n && snapshot.files.get(path) !== EMPTY) empty = true
    if (stats.nlink === 0n) detached.push(path)
  }
  return {
    text: lines.join('\n'),
    newest,
    empty,
    gone: snapshot.found.kind === 'file' && found.kind !== 'file',
    detached,
    folders: [...folders],
    files: [...files.keys()],
    places: places.join('\n'),
  }
}

type Stats = BigIntStats | undefined

async function statAll(paths: Iterable<string>): Promise<Map<string, Stats>> {
  return new Map(
    await Promise.all([...paths].map(async (path): Promise<[string, Stats]> => [path, await statOf(path)])),
  )
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path, { bigint: true })
  } catch {
    return undefined
  }
}
