/** The end of a file, read from its end. */
import { fstatSync, readSync } from 'node:fs'

const BLOCK_BYTES = 64 * 1024
const LINE_FEED = 10

export interface Tail {
  readonly lines: string[]
  /** Where the last whole line ends. */
  readonly position: number
  /** What stands behind the last line feed: a line that is not finished. */
  readonly unfinished: string
}

/** The last lines that match, oldest first. No more of the file is read than that takes. */
export function readTail(fd: number, count: number, matches: (line: string) => boolean): Tail {
  const { size } = fstatSync(fd)
  const lines: string[] = []
  // The bytes from a line's beginning up to what has been read before; newest first.
  let parts: Buffer[] = []
  let unfinished: string | undefined
  let position = 0
  const take = (part: Buffer): void => {
    const line = Buffer.concat([part, ...parts]).toString()
    parts = []
    if (unfinished === undefined) unfinished = line
    else if (line !== '' && matches(line)) lines.push(line)
  }
  for (let end = size; end > 0 && (lines.length < count || unfinished === undefined); ) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const block = readBlock(fd, start, end - start)
    let to = block.length
    while (lines.length < count || unfinished === undefined) {
      const at = to === 0 ? -1 : block.lastIndexOf(LINE_FEED, to - 1)
      if (at === -1) break
      if (unfinished === undefined) position = start + at + 1
      take(block.subarray(at + 1, to))
      to = at
    }
    parts.unshift(block.subarray(0, to))
    end = start
    if (start === 0 && (lines.length < count || unfinished === undefined)) take(Buffer.alloc(0))
  }
  return { lines: lines.reverse(), position, unfinished: unfinished ?? '' }
}

function readBlock(fd: number, start: number, length: number): Buffer {
  const block = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const bytes = readSync(fd, block, read, length - read, start + read)
    // The file has become shorter meanwhile.
    if (bytes === 0) break
    read += bytes
  }
  return block.subarray(0, read)
}
