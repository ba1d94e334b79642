/**
 * Appends whole lines to a file that other processes append to as well. Lines are collected for some
 * milliseconds and go out in one write. A file that cannot be written (no folder, no permission, disk full)
 * costs lines past a bound, never the process, and is tried again until it works.
 */
import { LogFile } from './log-file.ts'
import type { Limits } from './rotation.ts'

const FLUSH_AFTER_MS = 50
const FLUSH_AT_BYTES = 64 * 1024
/** What is kept while the file cannot be written. */
const KEEP_BYTES = 1024 * 1024
const RETRY_AFTER_MS = 1000

export interface BufferedFileOptions {
  readonly path: string
  /** When the file is rotated; undefined is never. */
  readonly limits?: Limits | undefined
  /** Told once when writing begins to fail, and once when it works again. */
  readonly say: (text: string) => void
}

export class BufferedFile {
  readonly #path: string
  readonly #say: (text: string) => void
  readonly #file: LogFile
  #lines: string[] = []
  #bytes = 0
  #dropped = 0
  #failing = false
  #timer: NodeJS.Timeout | undefined

  constructor({ path, limits, say }: BufferedFileOptions) {
    this.#path = path
    this.#say = say
    this.#file = new LogFile(path, limits, say)
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
    if (this.#lines.length === 0 && !this.#file.isUnfinished) return
    try {
      this.#file.finish()
      while (this.#lines.length > 0) {
        const room = this.#file.roomFor(Buffer.byteLength(this.#lines[0] ?? ''))
        this.#file.write(this.#take(Math.min(room, FLUSH_AT_BYTES)))
      }
    } catch (error) {
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
    this.#file.close()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.flush()
    this.#file.close()
  }

  #tick(): void {
    this.#timer = undefined
    this.flush()
    if (this.#failing) this.#timer = setTimeout(() => this.#tick(), RETRY_AFTER_MS).unref()
  }

  /** Takes as many lines as have room, and one in any case. */
  #take(room: number): Buffer {
    let bytes = 0
    let count = 0
    for (const line of this.#lines) {
      bytes += Buffer.byteLength(line)
      if (count > 0 && bytes > room) break
      count++
    }
    const text = this.#lines.splice(0, count).join('')
    this.#bytes -= text.length
    return Buffer.from(text)
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
