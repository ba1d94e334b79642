/**
 * A file that several processes append whole lines to, and that anyone may rename or delete meanwhile: logrotate, an
 * operator, another gateway, or this one when the file is large enough.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isSameFile, makeFolder } from './folder.ts'
import { type Limits, openLike, removeOldest, removeOldestNow, rotate } from './rotation.ts'

/** After a rotation that failed, the next is tried after this. */
const ROTATE_AGAIN_MS = 60_000
/** Who has moved the file makes the next one (logrotate, with a mode of its own), and has so long for that at most. */
const MOVED_MS = 1000
/** So many files more than are kept may be there until they are deleted. */
const MOST_BEHIND = 2
/** How often at a time a write is begun anew because of what others do with the file. */
const TRIES = 5
/** So often the end of the file is looked at while others write. */
const LOOKS = 20
/** How long one write of others may take, where there is no other way to wait for it. */
const WRITE_MS = 20
const LINE_FEED = 10
const NEW_LINE = Buffer.from([LINE_FEED])

export class LogFile {
  readonly #path: string
  readonly #limits: Limits | undefined
  /** Told once when rotation or deletion begins to fail, and once when it works again. */
  readonly #say: (text: string) => void
  #fd: number | undefined
  /** The file that was open last, whose mode and group a new one gets. */
  #last: Stats | undefined
  /** What a write that failed has left. */
  #rest: Buffer | undefined
  /** Whether the file ends within a line, which `#rest` goes on with. */
  #isTorn = false
  /** When the file that is open was last seen under its name. */
  #seenAt = 0
  #rotateAt = 0
  #isRemoving = false
  #removeAgain = false
  readonly #failing = new Set<string>()

  constructor(path: string, limits: Limits | undefined, say: (text: string) => void) {
    this.#path = path
    this.#limits = limits
    this.#say = say
  }

  /**
   * How many bytes may be written next. Rotates a file that has no room for a line of so many.
   * @returns at least `bytes`
   * @throws when the file cannot be opened
   */
  roomFor(bytes: number): number {
    let fd = this.#open()
    if (this.#limits === undefined) return Number.POSITIVE_INFINITY
    const { maxBytes } = this.#limits
    // Others may fill a new file before this process gets to it.
    for (let tries = 0; tries < TRIES; tries++) {
      const file = fstatSync(fd)
      if (file.size === 0 || file.size + bytes <= maxBytes) return Math.max(bytes, maxBytes - file.size)
      const next = file.isFile() ? this.#rotate(fd) : undefined
      if (next === undefined) break
      fd = next
    }
    return Number.POSITIVE_INFINITY
  }

  /**
   * Appends lines.
   * @throws when that fails; what is left of them is kept for `finish`
   */
  write(lines: Buffer): void {
    this.#rest = lines
    this.#writeRest(this.#fd ?? this.#open())
  }

  /** Writes what an earlier write has left. @throws like `write` */
  finish(): void {
    if (this.#rest === undefined) return
    this.#writeRest(this.#isTorn && this.#fd !== undefined ? this.#fd : this.#open())
  }

  get isUnfinished(): boolean {
    return this.#rest !== undefined
  }

  /** The next write opens the file anew. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  /** The file that has the name: the one that is open, or another one, which is made when there is none. */
  #open(): number {
    if (this.#fd !== undefined && this.#isCurrent(this.#fd)) return this.#fd
    makeFolder(dirname(this.#path))
    return this.#use(openLike(this.#path, this.#last))
  }

  #isCurrent(fd: number): boolean {
    const open = fstatSync(fd)
    const named = statSync(this.#path, { throwIfNoEntry: false })
    const now = performance.now()
    if (named === undefined && open.nlink > 0) return now - this.#seenAt < MOVED_MS
    this.#seenAt = now
    return isSameFile(named, open)
  }

  #use(fd: number): number {
    this.close()
    this.#fd = fd
    this.#seenAt = performance.now()
    this.#last = fstatSync(fd)
    return fd
  }

  #writeRest(first: number): void {
    let fd = first
    for (let tries = 0; this.#rest !== undefined; tries++) {
      // A writer that was killed within a write has left half a line, which must not become the beginning of this one.
      if (!this.#isTorn && !endsWhole(fd)) this.#rest = Buffer.concat([NEW_LINE, this.#rest])
      const bytes = this.#rest
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(fd, bytes, written)
      } catch (error) {
        this.#keep(fd, bytes, written)
        // A torn line is gone on with in the same file, as soon as there is room.
        if (!this.#isTorn || !isFull(error)) this.close()
        throw error
      }
      // Deleted between the look and the write, as the oldest of few: nobody would ever read it.
      const next = fstatSync(fd).nlink === 0 && tries < TRIES ? this.#open() : fd
      if (next === fd) this.#rest = undefined
      fd = next
    }
    this.#isTorn = false
  }

  /**
   * Keeps what is not written. Of a line that is half in the file that half is taken back: otherwise another process,
   * which has room first, would write behind it, into the same line.
   */
  #keep(fd: number, bytes: Buffer, written: number): void {
    if (written === 0) return
    const start = bytes.lastIndexOf(LINE_FEED, written - 1) + 1
    const isWhole = start === written || takeBack(fd, bytes.subarray(start, written))
    this.#rest = bytes.subarray(isWhole ? start : written)
    this.#isTorn = isWhole ? this.#isTorn && start === 0 : true
  }

  /** @returns the new file, or undefined when it goes on in the same one */
  #rotate(fd: number): number | undefined {
    const now = performance.now()
    if (now < this.#rotateAt || this.#limits === undefined) return undefined
    let next: number
    try {
      next = rotate(this.#path, fd)
    } catch (error) {
      this.#rotateAt = now + ROTATE_AGAIN_MS
      this.#fails(
        'rotated',
        error,
        `cannot be rotated (WS_LOG_MAX_BYTES): ${reasonOf(error)}; it grows on, and rotation is tried every minute`,
      )
      return undefined
    }
    this.#works('rotated', 'is rotated again')
    void this.#removeOldest(this.#limits.maxFiles)
    return this.#use(next)
  }

  async #removeOldest(maxFiles: number): Promise<void> {
    try {
      removeOldestNow(this.#path, maxFiles + MOST_BEHIND)
      this.#removeAgain = true
      if (this.#isRemoving) return
      this.#isRemoving = true
      while (this.#removeAgain) {
        this.#removeAgain = false
        await removeOldest(this.#path, maxFiles)
      }
      this.#works('deleted', 'has its oldest files deleted again')
    } catch (error) {
      this.#fails('deleted', error, `has old files that cannot be deleted: ${reasonOf(error)}`)
    }
    this.#isRemoving = false
  }

  #fails(what: string, error: unknown, text: string): void {
    if (!(error instanceof Error)) throw error
    if (!this.#failing.has(what)) this.#say(`${this.#path} ${text}`)
    this.#failing.add(what)
  }

  #works(what: string, text: string): void {
    if (this.#failing.delete(what)) this.#say(`${this.#path} ${text}`)
  }
}

/** Cuts off what was written last, if it is still the end of the file. @returns whether that was possible */
function takeBack(fd: number, end: Buffer): boolean {
  const start = fstatSync(fd).size - end.length
  if (!readAt(fd, start, end.length).equals(end)) return false
  try {
    ftruncateSync(fd, start)
    return true
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Then the line is gone on with when there is room.
    return false
  }
}

/** Whether the file ends with a whole line, as far as one can see. What another process is just writing becomes whole. */
function endsWhole(fd: number): boolean {
  let before = -1
  for (let looks = 0; looks < LOOKS; looks++) {
    const file = fstatSync(fd)
    if (!file.isFile() || file.size === 0) return true
    if ((readAt(fd, file.size - 1, 1)[0] ?? LINE_FEED) === LINE_FEED) return true
    if (file.size === before) return false
    before = file.size
    awaitWrites(fd, file)
  }
  return true
}

/** Waits for the end of a write that is under way. */
function awaitWrites(fd: number, { atime }: Stats): void {
  try {
    // It takes the file's lock, as each write does; and the file is about to be modified in any case.
    futimesSync(fd, atime, new Date())
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // The file is somebody else's.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITE_MS)
  }
}

/** @returns nothing where the file may be written and not read */
function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, length, position))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return Buffer.alloc(0)
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
