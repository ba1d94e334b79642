/**
 * What is appended to a log, whatever becomes of its file: truncated, renamed, removed, not there yet, rotated several
 * times between two looks.
 */
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { pauseUntilOver } from '../until-over.ts'
import { isSameFile } from './folder.ts'
import type { LogEnd } from './last-lines.ts'
import { openIfThere, openLogFiles, statIfThere } from './log-files.ts'

const LOOK_EVERY_MS = 150
/** How long a file that was rotated away is still read: its writers notice within about a second. */
const LINGER_MS = 5000
/** So many of them are kept open at a time, and opened at a time. */
const MOST_OPEN = 64
const BLOCK_BYTES = 64 * 1024
/** A line that has no end by then is given in pieces. */
const LONGEST_LINE = 16 * 1024 * 1024
const LINE_FEED = 10

/** Told each whole line; false ends it. */
export type OnLine = (line: string) => boolean

/** One file and how far it has been read. */
class Followed {
  /** When it is given up; undefined while it is the file that is written to. */
  until: number | undefined
  /** Once it is a rotated one. */
  path: string | undefined
  /** Undefined when it is opened for each read only. */
  #file: FileHandle | undefined
  readonly #stats: Stats
  #position: number
  #unfinished: Buffer[] = []
  #unfinishedBytes = 0

  private constructor(file: FileHandle, stats: Stats, position: number) {
    this.#file = file
    this.#stats = stats
    this.#position = position
  }

  static async at(file: FileHandle, position: number): Promise<Followed> {
    return new Followed(file, await file.stat(), position)
  }

  /** Only while it is open: after that its number may be another file's. */
  is(stats: Stats | undefined): boolean {
    return this.#file !== undefined && isSameFile(stats, this.#stats)
  }

  /** Gives all that is new, a block at a time. @returns false when nobody listens any more */
  async read(onLine: OnLine, signal: AbortSignal): Promise<boolean> {
    if (this.#file !== undefined) return this.#readFrom(this.#file, onLine, signal)
    const stats = await statIfThere(this.path ?? '')
    if (stats === undefined) this.until = 0
    const file = stats?.size === this.#position ? undefined : await openIfThere(this.path ?? '')
    if (file === undefined) return true
    try {
      return await this.#readFrom(file, onLine, signal)
    } finally {
      await file.close()
    }
  }

  /** Is opened from now on for each read only, if it is known where it is. */
  async rest(): Promise<void> {
    if (this.path === undefined || this.until === undefined) return
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #readFrom(file: FileHandle, onLine: OnLine, signal: AbortSignal): Promise<boolean> {
    const { size } = await file.stat()
    if (size === this.#position) return true
    if (size < this.#position) {
      this.#position = 0
      this.#unfinished = []
      this.#unfinishedBytes = 0
    }
    const block = Buffer.alloc(BLOCK_BYTES)
    for (let isFull = true; isFull && !signal.aborted; ) {
      const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, this.#position)
      isFull = bytesRead === BLOCK_BYTES
      this.#position += bytesRead
      if (!this.#take(block.subarray(0, bytesRead), onLine)) return false
    }
    return !signal.aborted
  }

  /** Gives what is left without a line feed, which nobody will finish any more. */
  async close(onLine: OnLine): Promise<void> {
    await this.#file?.close()
    this.#give(Buffer.alloc(0), onLine)
  }

  #take(bytes: Buffer, onLine: OnLine): boolean {
    let from = 0
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      if (!this.#give(bytes.subarray(from, at), onLine)) return false
      from = at + 1
    }
    // The block is used again.
    const rest = Buffer.from(bytes.subarray(from))
    if (this.#unfinishedBytes + rest.length > LONGEST_LINE) return this.#give(rest, onLine)
    if (rest.length > 0) this.#unfinished.push(rest)
    this.#unfinishedBytes += rest.length
    return true
  }

  #give(end: Buffer, onLine: OnLine): boolean {
    const line =
      this.#unfinished.length === 0 ? end.toString() : Buffer.concat([...this.#unfinished, end]).toString()
    this.#unfinished = []
    this.#unfinishedBytes = 0
    return line === '' || onLine(line)
  }
}

/** The files of a log that are read, oldest first. */
class Following {
  #files: Followed[] = []
  #current: Followed | undefined
  readonly #path: string
  /** The paths of rotated files that have been seen. */
  #known: Set<string>

  constructor(path: string, known: readonly string[]) {
    this.#path = path
    this.#known = new Set(known)
  }

  async begin(file: FileHandle, position: number): Promise<void> {
    this.#current = await Followed.at(file, position)
    this.#files = [this.#current]
  }

  /**
   * Opens what has come since the last look. A file that was moved is the current one until another has its name.
   * @returns whether there is more to open, once this has been read
   */
  async look(): Promise<boolean> {
    const named = await statIfThere(this.#path)
    if (this.#current?.is(named) || (named === undefined && this.#current === undefined)) return false
    const { current, rotated } = await openLogFiles(this.#path)
    const missed = rotated.filter(path => !this.#known.has(path))
    for (const path of missed.slice(0, MOST_OPEN)) {
      this.#known.add(path)
      const file = await openIfThere(path)
      if (file === undefined) continue
      const added = await this.#add(file)
      added.path = path
      if (added !== this.#current) this.#leave(added)
    }
    if (missed.length > MOST_OPEN) {
      await current?.close()
      return true
    }
    this.#known = new Set(rotated)
    if (current === undefined) return false
    if (this.#current) this.#leave(this.#current)
    this.#current = await this.#add(current)
    this.#current.until = undefined
    return false
  }

  /** Gives all that is new, oldest first. @returns false when nobody listens any more */
  async read(onLine: OnLine, signal: AbortSignal): Promise<boolean> {
    for (const file of this.#files) if (!(await file.read(onLine, signal))) return false
    const over = this.#files.filter(({ until }) => until !== undefined && Date.now() >= until)
    this.#files = this.#files.filter(file => !over.includes(file))
    for (const file of over) await file.close(onLine)
    for (const file of this.#files.slice(0, -MOST_OPEN)) await file.rest()
    return true
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close(() => false)
  }

  /** A file that is open already, under another name, is not opened again. */
  async #add(file: FileHandle): Promise<Followed> {
    const stats = await file.stat()
    const same = this.#files.find(one => one.is(stats))
    if (same !== undefined) {
      await file.close()
      return same
    }
    const added = await Followed.at(file, 0)
    this.#files.push(added)
    return added
  }

  #leave(file: Followed): void {
    file.until ??= Date.now() + LINGER_MS
  }
}

/**
 * Follows a log until `onLine` or the signal ends it.
 * @param end where it begins; the file in it is closed at the end
 * @throws when a file cannot be read
 */
export async function follow(
  path: string,
  { file, position, rotated }: LogEnd,
  onLine: OnLine,
  signal: AbortSignal,
): Promise<void> {
  const following = new Following(path, rotated)
  if (file !== undefined) await following.begin(file, position)
  try {
    while (!signal.aborted) {
      const hasMore = await following.look()
      if (!(await following.read(onLine, signal))) return
      if (!hasMore) await pauseUntilOver(LOOK_EVERY_MS, signal)
    }
  } finally {
    await following.close()
  }
}
