/** How much of a core each process uses. */
import { readFileSync } from 'node:fs'

const SAMPLE_MS = 200
/** Clock ticks a second (`getconf CLK_TCK`): Linux shows all programs 100. */
const TICKS = 100

/** User and system time of a process and all its threads, in seconds; NaN when it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    // What stands before the last parenthesis is the program's name, with any characters.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return Number.NaN
  }
}

/**
 * Begins to watch processes.
 * @returns what ends it, with the mean share of a core of each process over the last seconds
 */
export function watchCpu(pids: readonly number[]): (lastSecs: number) => number[] {
  const look = () => ({ at: performance.now(), used: pids.map(cpuSeconds) })
  const looks = [look()]
  const timer = setInterval(() => looks.push(look()), SAMPLE_MS)
  return lastSecs => {
    clearInterval(timer)
    const end = look()
    const from = looks.find(({ at }) => at >= end.at - lastSecs * 1000) ?? end
    const secs = (end.at - from.at) / 1000
    return end.used.map((used, i) => (used - (from.used[i] ?? Number.NaN)) / secs)
  }
}
