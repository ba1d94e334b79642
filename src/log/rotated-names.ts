/**
 * The names of rotated files: `WebSocket.log.20261126T064615.123Z-3f9a2b`, the time (UTC) and six digits by chance. A
 * name once given stays and is never given again. `WebSocket.log.1`, `.2` and so on are not for several writers: each
 * rotation would rename all of them, and of two gateways that do it at a time, or one that was paused half-way, one
 * would write over a file of the other. No lock helps against that without a living owner to ask, and in another
 * container there is none. A file of such a name of logrotate's is never taken for one of ours.
 */
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'

const STAMP = /^\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)-[0-9a-f]{6}$/

/**
 * Of the names in a log's folder those of its rotated files, as paths, oldest first.
 * @param path of the log that is written to
 */
export function rotatedAmong(names: readonly string[], path: string): string[] {
  const base = basename(path)
  return names
    .filter(name => name.startsWith(base) && STAMP.test(name.slice(base.length)))
    .sort()
    .map(name => join(dirname(path), name))
}

/**
 * A name for the file that is to be rotated now: behind all others, also when the clock was set back.
 * @param rotated what `rotatedAmong` gave
 */
export function nextName(path: string, rotated: readonly string[]): string {
  const after = timeOf(path, rotated.at(-1)) + 1
  const stamp = new Date(Math.max(Date.now(), after)).toISOString().replace(/[-:]/g, '')
  return `${path}.${stamp}-${randomBytes(3).toString('hex')}`
}

/** In milliseconds since 1970; 0 of no name, or of one whose digits are no time. */
function timeOf(path: string, name: string | undefined): number {
  const parts = STAMP.exec(basename(name ?? '').slice(basename(path).length))
  if (parts === null) return 0
  const [, year, month, day, hour, minute, second] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}`) || 0
}
