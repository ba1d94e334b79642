/** The last lines of a log that match: in the file that is written to, and on in those that were rotated before it. */
import type { FileHandle } from 'node:fs/promises'
import { Backwards } from './backwards.ts'
import { openIfThere, openLogFiles } from './log-files.ts'

export interface Search {
  /** So many lines are wanted. */
  readonly count: number
  readonly matches: (line: string) => boolean
  /** Whether a line at the end that has no line feed yet counts. */
  readonly withUnfinished: boolean
  /** No more is read than this, in bytes. */
  readonly mostBytes?: number
  /** No further line is taken past this, in characters altogether. */
  readonly mostFound?: number
  /** Asked before each block: false ends the search. */
  readonly isWanted?: () => boolean
}

/** Where a log ended when it was read; `follow` goes on there, and closes the file. */
export interface LogEnd {
  readonly file: FileHandle | undefined
  /** Where in the file the last whole line ends. */
  readonly position: number
  /** The rotated files that there were, by their paths. */
  readonly rotated: readonly string[]
}

export interface LastLines {
  /** Oldest first. */
  readonly lines: string[]
  /** False when the search ended at a bound, so that there may be more. */
  readonly isWhole: boolean
  readonly end: LogEnd
}

/**
 * Searches a log from its end. No more of it is read than that takes, a block at a time, so that others get on.
 * @throws when a file cannot be read
 */
export async function lastLines(path: string, search: Search): Promise<LastLines> {
  const { current, rotated } = await openLogFiles(path)
  const found = new Finding(search)
  try {
    const position = current === undefined ? 0 : await found.inCurrent(current)
    for (const file of rotated.toReversed()) {
      if (found.isOver) break
      await found.inRotated(file)
    }
    return {
      lines: found.lines.reverse(),
      isWhole: !found.isAtBound,
      end: { file: current, position, rotated },
    }
  } catch (error) {
    await current?.close()
    throw error
  }
}

class Finding {
  /** Newest first. */
  readonly lines: string[] = []
  isAtBound = false
  readonly #search: Search
  readonly #files = new Set<string>()
  #bytesLeft: number
  #foundLeft: number

  constructor(search: Search) {
    this.#search = search
    this.#bytesLeft = search.mostBytes ?? Number.POSITIVE_INFINITY
    this.#foundLeft = search.mostFound ?? Number.POSITIVE_INFINITY
  }

  get isOver(): boolean {
    return this.isAtBound || this.lines.length >= this.#search.count
  }

  /** @returns where the last whole line ends */
  async inCurrent(file: FileHandle): Promise<number> {
    const { size, dev, ino } = await file.stat()
    this.#files.add(`${dev}:${ino}`)
    const backwards = new Backwards(file, size)
    let isLast = true
    while (!this.isOver || backwards.lastLineAt === undefined) {
      const lines = await this.#block(backwards)
      if (lines === undefined) break
      for (const line of lines) {
        if (!isLast || this.#search.withUnfinished) this.#take(line)
        isLast = false
      }
    }
    return backwards.lastLineAt ?? size
  }

  async inRotated(path: string): Promise<void> {
    const file = await openIfThere(path)
    if (file === undefined) return
    try {
      const { size, dev, ino } = await file.stat()
      // One that is about to get its name back has two for a moment.
      if (this.#files.has(`${dev}:${ino}`)) return
      this.#files.add(`${dev}:${ino}`)
      const backwards = new Backwards(file, size)
      while (!this.isOver) {
        const lines = await this.#block(backwards)
        if (lines === undefined) break
        for (const line of lines) this.#take(line)
      }
    } finally {
      await file.close()
    }
  }

  async #block(backwards: Backwards): Promise<string[] | undefined> {
    if (this.#bytesLeft <= 0 || this.#search.isWanted?.() === false) {
      this.isAtBound = true
      return undefined
    }
    const block = await backwards.next()
    this.#bytesLeft -= block?.bytes ?? 0
    return block?.lines
  }

  #take(line: string): void {
    if (line === '' || this.isOver || !this.#search.matches(line)) return
    this.lines.push(line)
    this.#foundLeft -= line.length
    if (this.#foundLeft <= 0 && this.lines.length < this.#search.count) this.isAtBound = true
  }
}
