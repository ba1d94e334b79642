/** Standard output and standard error, written at once: lighter than Node's streams, and whole at exit. */
import { fstatSync, writeSync } from 'node:fs'

const STDOUT = 1
const STDERR = 2
const FULL_RETRY_MS = 5

/**
 * Writes to standard output.
 * @returns false when nobody reads it any more
 * @throws when it cannot be written for another reason, such as a full disk
 */
export function print(text: string): boolean {
  return write(STDOUT, text)
}

/** Writes to standard error, as it is. */
export function note(text: string): void {
  write(STDERR, text)
}

/** Writes one line to standard error, which says who speaks. */
export function complain(text: string): void {
  note(`gateway: ${text}\n`)
}

function write(fd: number, text: string): boolean {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A terminal that has been closed gives EIO; for a file that is a fault of its disk.
      if (code === 'EPIPE' || (code === 'EIO' && fstatSync(fd).isCharacterDevice())) return false
      if (code !== 'EAGAIN') throw error
      // A terminal or pipe that another program has set to non-blocking, and that is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_RETRY_MS)
    }
  }
  return true
}
