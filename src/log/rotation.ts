/**
 * Rotation of a file that several processes append to: gateways in one container or in several, of this version or an
 * older one, with these limits or others. There is no lock, so nobody can die or be paused with it. The file is renamed
 * to a name that is nobody else's, and whoever had it open has written its lines there, where they stay; before each
 * write everyone looks whether the name still means the file that is open (`log-file.ts`).
 */
import {
  fchmodSync,
  fchownSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { readdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSameFile } from './folder.ts'
import { nextName, rotatedAmong } from './rotated-names.ts'

export interface Limits {
  /** A file that would grow past this, in bytes, is rotated before. */
  readonly maxBytes: number
  /** So many files are kept, the one that is written to among them. */
  readonly maxFiles: number
}

/**
 * Renames the file, unless another process has done it meanwhile, and opens a new one.
 * @param fd the file that is open, which stays so
 * @returns the new file, open for appending
 * @throws when that is not possible: then the file has its name still, or again
 */
export function rotate(path: string, fd: number): number {
  const open = fstatSync(fd)
  const target = newName(path)
  const named = lstatSync(path, { throwIfNoEntry: false })
  // Renaming the link would leave the file where it was put, and write into the folder where the link was put.
  if (named?.isSymbolicLink()) throw new Error('it is a symbolic link')
  const isMoved = isSameFile(named, open) && move(path, target)
  // Between the look and the rename another process may have rotated it: then a new file was renamed.
  if (isMoved && !isSameFile(statSync(target, { throwIfNoEntry: false }), open)) {
    putBack(target, path)
    // If that was not possible, it stays a rotated one, though a short one, under a name that is as new as it is.
    move(target, newName(path))
  }
  try {
    return openLike(path, open)
  } catch (error) {
    if (isMoved) putBack(target, path)
    throw error
  }
}

/** @returns false when it is not there any more */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function newName(path: string): string {
  return nextName(path, rotatedAmong(readdirSync(dirname(path)), path))
}

/** Gives a renamed file its name back, but never over another one: by a link, which fails where something is. */
function putBack(renamed: string, path: string): void {
  try {
    linkSync(renamed, path)
    unlinkSync(renamed)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Not every file system has links.
    return
  }
}

/**
 * Opens a file for appending. If it is a new one, it gets the mode and the group of the one before, so that those who
 * could write to that one, under other users, can write to this one.
 */
export function openLike(path: string, before: Stats | undefined): number {
  if (before === undefined) return openToAppend(path)
  const mode = before.mode & 0o777
  let fd: number
  try {
    fd = openSync(path, 'ax+', mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return openToAppend(path)
  }
  const made = fstatSync(fd)
  try {
    if (made.gid !== before.gid) fchownSync(fd, made.uid, before.gid)
    if ((made.mode & 0o777) !== mode) fchmodSync(fd, mode)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Not everyone may give a file to that group, and not every file system has modes: it is written to as it is.
    return fd
  }
  return fd
}

/** Also for reading, where that is allowed. */
function openToAppend(path: string): number {
  try {
    return openSync(path, 'a+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    return openSync(path, 'a')
  }
}

/**
 * Deletes the oldest rotated files beyond the number that is kept. A large file takes a while, so not in the event loop.
 * @throws the first error of those that cannot be deleted, after the others
 */
export async function removeOldest(path: string, maxFiles: number): Promise<void> {
  const errors: unknown[] = []
  for (const file of beyond(maxFiles, await readdir(dirname(path)), path)) {
    try {
      await unlink(file)
    } catch (error) {
      errors.push(error)
    }
  }
  throwOneOf(errors)
}

/** The same, at once: for small files that are rotated faster than they are deleted. @throws likewise */
export function removeOldestNow(path: string, maxFiles: number): void {
  const errors: unknown[] = []
  for (const file of beyond(maxFiles, readdirSync(dirname(path)), path)) {
    try {
      unlinkSync(file)
    } catch (error) {
      errors.push(error)
    }
  }
  throwOneOf(errors)
}

function beyond(maxFiles: number, names: readonly string[], path: string): string[] {
  const rotated = rotatedAmong(names, path)
  return rotated.slice(0, Math.max(0, rotated.length - (maxFiles - 1)))
}

function throwOneOf(errors: readonly unknown[]): void {
  // What is not there another process has deleted.
  const error = errors.find(one => (one as NodeJS.ErrnoException).code !== 'ENOENT')
  if (error !== undefined) throw error
}
