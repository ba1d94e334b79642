/** The files of a log for reading: the one that is written to, and those that were rotated before it. */
import type { Stats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSameFile } from './folder.ts'
import { rotatedAmong } from './rotated-names.ts'

export interface LogFiles {
  /** Open; undefined when there is none of that name. Whoever asked closes it. */
  readonly current: FileHandle | undefined
  /** The paths of the rotated ones, oldest first. */
  readonly rotated: readonly string[]
}

/** Between two looks of one process another can hardly rotate more often. */
const TRIES = 10

/**
 * Opens a log. No file is missing between the current one and the rotated ones: while it was looked for these, none was
 * rotated.
 * @throws when it cannot be read; a file or folder that is not there is no error
 */
export async function openLogFiles(path: string): Promise<LogFiles> {
  for (let tries = 1; ; tries++) {
    const current = await openIfThere(path)
    try {
      const rotated = rotatedAmong(await namesIn(dirname(path)), path)
      const named = await statIfThere(path)
      if (tries === TRIES || isStill(named, await current?.stat())) return { current, rotated }
    } catch (error) {
      await current?.close()
      throw error
    }
    await current?.close()
  }
}

function isStill(named: Stats | undefined, open: Stats | undefined): boolean {
  return named === undefined ? open === undefined : isSameFile(named, open)
}

/** A file that is open for reading; undefined when it is not there (any more). */
export function openIfThere(path: string): Promise<FileHandle | undefined> {
  return ifThere(open(path, 'r'))
}

export function statIfThere(path: string): Promise<Stats | undefined> {
  return ifThere(stat(path))
}

async function namesIn(folder: string): Promise<string[]> {
  return (await ifThere(readdir(folder))) ?? []
}

async function ifThere<T>(what: Promise<T>): Promise<T | undefined> {
  try {
    return await what
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
