/** Figures of this process. Reading them takes the same time whatever the number of connections. */
import { readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { getHeapStatistics } from 'node:v8'

export interface ProcessFigures {
  readonly userSeconds: number
  readonly systemSeconds: number
  readonly startTimeSeconds: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly heapLimitBytes: number
  readonly externalBytes: number
  /** Undefined where the system does not say. */
  readonly openFds: number | undefined
  readonly maxFds: number | undefined
}

/** Taken once, so that it is the same at each scrape: a change says that the process is another one. */
const startTimeSeconds = Math.round(Date.now() / 1000 - process.uptime())

/** Reads them all; memory is in bytes, times in seconds. */
export async function processFigures(): Promise<ProcessFigures> {
  const { user, system } = process.cpuUsage()
  const { rss, external, heapTotal, heapUsed } = process.memoryUsage()
  return {
    userSeconds: user / 1e6,
    systemSeconds: system / 1e6,
    startTimeSeconds,
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    externalBytes: external,
    openFds: await openFds(),
    maxFds: maxFds(),
  }
}

const FDS = '/proc/self/fd'

/** Linux says it as the folder's size since 6.2. Before, all must be listed, which is another thread's work. */
async function openFds(): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const { size } = statSync(FDS)
    // Listing opens the folder itself.
    return size > 0 ? size : (await readdir(FDS)).length - 1
  } catch {
    // A container may hide /proc.
    return undefined
  }
}

function maxFds(): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
