/** A gateway that has only just begun: `docker exec` may come before the control socket is there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A gateway that has no control socket by then will not get one. */
const YOUNG_S = 5
/** The unit of times in /proc, on every architecture that Node runs on. */
const TICKS_PER_S = 100
/** Where `starttime` stands in /proc/PID/stat behind the name in parentheses; see proc(5). */
const START_TIME = 19

/**
 * Whether the container's first process is a gateway that began a few seconds ago. Outside a container PID 1 is
 * no gateway, so nobody waits there for one that is absent.
 * @param proc the proc file system
 */
export function isComingUp(proc = '/proc'): boolean {
  try {
    if (!/(^|[\0/])dist\/main\.js\0/.test(readFileSync(join(proc, '1/cmdline'), 'latin1'))) return false
    const stat = readFileSync(join(proc, '1/stat'), 'latin1')
    const began = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME]) / TICKS_PER_S
    const now = Number(readFileSync(join(proc, 'uptime'), 'latin1').split(' ', 1)[0])
    return now - began < YOUNG_S
  } catch (error) {
    // No proc file system, or one that shows no processes of others: then nothing is known of it.
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
