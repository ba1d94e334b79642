/**
 * Lines to standard output. A reader that stalls (a blocked log driver, a paused terminal) must not stop the
 * event loop, so writes are asynchronous, one at a time, and what waits is bounded.
 */
import { write, writeSync } from 'node:fs'

const FLUSH_AFTER_MS = 50
const KEEP_BYTES = 1024 * 1024
const STDOUT = 1

export class Output {
  #lines: string[] = []
  #bytes = 0
  #writing: Buffer | undefined
  #gone = false
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []

  /** Takes one line, with its newline. */
  write(line: string): void {
    if (this.#gone || this.#bytes > KEEP_BYTES) return
    this.#lines.push(line)
    this.#bytes += line.length
    if (this.#writing === undefined) this.#soon()
  }

  /** Resolves when all is written; a reader that stalls is waited for no longer than this. */
  async flush(withinMs: number): Promise<void> {
    if (this.#writing === undefined) this.#next()
    if (this.#writing === undefined) return
    await new Promise<void>(resolve => {
      const late = setTimeout(resolve, withinMs)
      this.#idle.push(() => {
        clearTimeout(late)
        resolve()
      })
    })
  }

  /** Writes what is left, for an exit that waits for nobody. */
  flushNow(): void {
    if (this.#gone || this.#writing !== undefined || this.#lines.length === 0) return
    const bytes = Buffer.from(this.#lines.join(''))
    this.#lines = []
    try {
      writeSync(STDOUT, bytes)
    } catch (error) {
      this.#gone = error instanceof Error
    }
  }

  /** Each write costs a thread's turn, so lines are collected between two writes as well. */
  #soon(): void {
    this.#timer ??= setTimeout(() => this.#next(), FLUSH_AFTER_MS).unref()
  }

  #next(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#gone || this.#lines.length === 0) {
      this.#rest()
      return
    }
    this.#writing = Buffer.from(this.#lines.join(''))
    this.#lines = []
    this.#bytes = 0
    this.#write(this.#writing)
  }

  #write(bytes: Buffer): void {
    write(STDOUT, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#write(bytes), FLUSH_AFTER_MS)
      } else if (error) {
        // Nobody reads any more (EPIPE), or the disk behind it is full: WebSocket.log goes on.
        this.#gone = error.code !== 'ENOSPC'
        this.#writing = undefined
        this.#next()
      } else if (written < bytes.length) {
        this.#write(bytes.subarray(written))
      } else {
        this.#writing = undefined
        if (this.#lines.length > 0 && this.#idle.length === 0) this.#soon()
        else this.#next()
      }
    })
  }

  #rest(): void {
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
