/**
 * Appends whole lines to a file that other processes append to as well. Lines are collected for some
 * milliseconds and go out in one write. A file that cannot be written (no folder, no permission, disk full)
 * costs lines past a bound, never the process, and is tried again until it works.
 */
import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const FLUSH_AFTER_MS = 50
const FLUSH_AT_BYTES = 64 * 1024
/** What is kept while the file cannot be written. */
const KEEP_BYTES = 1024 * 1024
const RETRY_AFTER_MS = 1000

export class BufferedFile {
  readonly #path: string
  /** Told once when writing begins to fail, and once when it works again. */
  readonly #say: (text: string) => void
  #fd: number | undefined
  #lines: string[] = []
  #bytes = 0
  /** What is left of a line that a full disk cut off: it goes out first. */
  #rest: Buffer | undefined
  #dropped = 0
  #failing = false
  #timer: NodeJS.Timeout | undefined
  #checkedAt = 0

  constructor(path: string, say: (text: string) => void) {
    this.#path = path
    this.#say = say
  }

  /** Takes one line, with its newline. */
  write(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length
    if (this.#failing) this.#forget()
    else if (this.#bytes >= FLUSH_AT_BYTES) this.flush()
    this.#timer ??= setTimeout(() => this.#tick(), this.#failing ? RETRY_AFTER_MS : FLUSH_AFTER_MS).unref()
  }

  /** Writes what has been collected, now. */
  flush(): void {
    if (this.#lines.length === 0 && this.#rest === undefined) return
    try {
      this.#write(this.#open())
    } catch (error) {
      this.#close()
      this.#fail(error)
      return
    }
    if (!this.#failing) return
    this.#failing = false
    const dropped = this.#dropped > 0 ? `; ${this.#dropped} lines could not be kept` : ''
    this.#dropped = 0
    this.#say(`${this.#path} is written again${dropped}`)
  }

  /** Opens the file anew at the next write: logrotate has moved it. */
  reopen(): void {
    this.flush()
    this.#close()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.flush()
    this.#close()
  }

  #tick(): void {
    this.#timer = undefined
    this.flush()
    if (this.#failing) this.#timer = setTimeout(() => this.#tick(), RETRY_AFTER_MS).unref()
  }

  #write(fd: number): void {
    const bytes = this.#rest ?? Buffer.from(this.#lines.join(''))
    if (this.#rest === undefined) {
      this.#lines = []
      this.#bytes = 0
    }
    this.#rest = bytes
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written)
    } finally {
      this.#rest = written < bytes.length ? bytes.subarray(written) : undefined
    }
    if (this.#lines.length > 0) this.#write(fd)
  }

  #open(): number {
    const now = Date.now()
    if (this.#fd !== undefined && Math.abs(now - this.#checkedAt) > RETRY_AFTER_MS) {
      this.#checkedAt = now
      if (!isSameFile(this.#fd, this.#path)) this.#close()
    }
    if (this.#fd === undefined) {
      makeFolder(dirname(this.#path))
      this.#fd = openSync(this.#path, 'a')
      this.#checkedAt = now
    }
    return this.#fd
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #fail(error: unknown): void {
    this.#forget()
    if (this.#failing) return
    this.#failing = true
    const reason = error instanceof Error ? error.message : String(error)
    this.#say(`${this.#path} cannot be written: ${reason}; it is tried again every second`)
  }

  #forget(): void {
    let drop = 0
    for (; this.#bytes > KEEP_BYTES && drop < this.#lines.length; drop++)
      this.#bytes -= this.#lines[drop]?.length ?? 0
    if (drop === 0) return
    this.#lines.splice(0, drop)
    this.#dropped += drop
  }
}

/** Makes a folder and those above it. Not by `recursive`, which never returns below /proc (Node 20 and 24). */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    const above = dirname(path)
    if (code !== 'ENOENT' || above === path || isFolder(above)) throw error
    makeFolder(above)
    mkdirSync(path)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isSameFile(fd: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false })
  const open = fstatSync(fd)
  return named !== undefined && named.ino === open.ino && named.dev === open.dev
}
