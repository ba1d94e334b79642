/** A file's lines from its end. */
import type { FileHandle } from 'node:fs/promises'

const BLOCK_BYTES = 64 * 1024
const LINE_FEED = 10

export class Backwards {
  readonly #file: FileHandle
  /** Where the part begins that has been read. */
  #end: number
  /** The bytes from a line's beginning up to what has been read before; the last part first in the file is first. */
  #parts: Buffer[] = []
  /** Where the last line begins; it ends where the file ended, and so may not be finished. Undefined until it is read. */
  lastLineAt: number | undefined

  /** @param size of the file */
  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.#end = size
    if (size === 0) this.lastLineAt = 0
  }

  /**
   * Reads the block before what has been read.
   * @returns its lines, the last first, and its size in bytes; undefined at the file's beginning. The very first line
   * of all is what stands behind the last line feed, often nothing.
   */
  async next(): Promise<{ readonly lines: string[]; readonly bytes: number } | undefined> {
    if (this.#end === 0) return undefined
    const start = Math.max(0, this.#end - BLOCK_BYTES)
    const block = await this.#read(start, this.#end - start)
    const lines: string[] = []
    let to = block.length
    for (let at = lineFeedBefore(block, to); at !== -1; at = lineFeedBefore(block, to)) {
      this.lastLineAt ??= start + at + 1
      lines.push(this.#line(block.subarray(at + 1, to)))
      to = at
    }
    if (start === 0) {
      this.lastLineAt ??= 0
      lines.push(this.#line(block.subarray(0, to)))
    } else this.#parts.unshift(block.subarray(0, to))
    this.#end = start
    return { lines, bytes: block.length }
  }

  #line(beginning: Buffer): string {
    const line = this.#parts.length === 0 ? beginning : Buffer.concat([beginning, ...this.#parts])
    this.#parts = []
    return line.toString()
  }

  async #read(start: number, length: number): Promise<Buffer> {
    const block = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await this.#file.read(block, filled, length - filled, start + filled)
      // The file has become shorter meanwhile.
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return block.subarray(0, filled)
  }
}

function lineFeedBefore(block: Buffer, to: number): number {
  return to === 0 ? -1 : block.lastIndexOf(LINE_FEED, to - 1)
}
