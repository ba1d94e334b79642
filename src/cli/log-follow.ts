/** What is appended to a file, whatever becomes of the file: truncated, renamed, removed, not there yet. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

const LOOK_EVERY_MS = 150
/** How long a file that was rotated away is still read: its writers notice within about a second. */
const LINGER_MS = 5000
const BLOCK_BYTES = 64 * 1024
const LINE_FEED = 10

/** Told each whole line; false ends it. */
export type OnLine = (line: string) => boolean

/** One open file and how far it has been read. */
class Followed {
  readonly fd: number
  readonly #ino: number
  readonly #dev: number
  #position: number
  #unfinished: Buffer[] = []

  constructor(fd: number, position: number) {
    const { ino, dev } = fstatSync(fd)
    this.fd = fd
    this.#ino = ino
    this.#dev = dev
    this.#position = position
  }

  isAt(path: string): boolean {
    const named = statSync(path, { throwIfNoEntry: false })
    return named !== undefined && named.ino === this.#ino && named.dev === this.#dev
  }

  /** Gives what is new, a block at a time. @returns whether there may be more; undefined when nobody listens */
  read(onLine: OnLine): boolean | undefined {
    if (fstatSync(this.fd).size < this.#position) {
      this.#position = 0
      this.#unfinished = []
    }
    const block = Buffer.alloc(BLOCK_BYTES)
    const bytes = readSync(this.fd, block, 0, BLOCK_BYTES, this.#position)
    this.#position += bytes
    let from = 0
    for (let at = block.indexOf(LINE_FEED); at !== -1 && at < bytes; at = block.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([...this.#unfinished, block.subarray(from, at)]).toString()
      this.#unfinished = []
      from = at + 1
      if (line !== '' && !onLine(line)) return undefined
    }
    if (from < bytes) this.#unfinished.push(block.subarray(from, bytes))
    return bytes === BLOCK_BYTES
  }

  /** What is left without a line feed: nobody will finish it any more. */
  close(onLine: OnLine): void {
    closeSync(this.fd)
    const rest = Buffer.concat(this.#unfinished).toString()
    if (rest !== '') onLine(rest)
  }
}

/**
 * Follows a file until `onLine` or the signal ends it.
 * @param start the file that is open already and the position from which it is followed
 */
export async function follow(
  path: string,
  start: { readonly fd: number; readonly position: number } | undefined,
  onLine: OnLine,
  signal: AbortSignal,
): Promise<void> {
  let current = start && new Followed(start.fd, start.position)
  let leaving: { readonly file: Followed; readonly until: number }[] = []
  while (!signal.aborted) {
    // A file that was moved is read on until another takes its name.
    if (current === undefined || !current.isAt(path)) {
      const fd = openIfThere(path)
      if (fd !== undefined) {
        if (current) leaving.push({ file: current, until: Date.now() + LINGER_MS })
        current = new Followed(fd, 0)
      }
    }
    let hasMore = false
    for (const file of [...leaving.map(({ file }) => file), ...(current ? [current] : [])]) {
      const more = file.read(onLine)
      if (more === undefined) return
      hasMore ||= more
    }
    if (!hasMore) {
      for (const { file, until } of leaving) if (Date.now() >= until) file.close(onLine)
      leaving = leaving.filter(({ until }) => Date.now() < until)
    }
    await pause(hasMore ? 0 : LOOK_EVERY_MS, signal)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
