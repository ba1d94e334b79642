/** How the process is, second by second, and how it was in the last ten minutes. */
import { Durations } from './durations.ts'
import { LoopDelayMeter } from './loop-delay.ts'
import { type ProcessVitals, processVitals } from './process-vitals.ts'

const EVERY_MS = 1000
/** So many seconds are remembered. */
const REMEMBERED = 600

/** Counters that only grow, and how many connections there are. */
export interface Totals {
  readonly connections: number
  readonly received: number
  readonly delivered: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly pushes: number
  /** All frames out. */
  readonly sent: number
}

/** What the numbers of a row are. `received` to `pushes`, and `sent`, are of one second; time is in ms since 1970. */
export const COLUMNS = [
  ...['time', 'connections', 'received', 'delivered', 'bytesIn', 'bytesOut', 'pushes'],
  ...['loopDelayMs', 'rssBytes', 'heapBytes', 'cpu', 'sent'],
] as const

/** One second. */
export type Row = readonly number[]

export class Vitals {
  /** The longest delay of the event loop in each second since the start. */
  readonly loopDelays = new Durations()
  readonly #read: () => Totals
  readonly #meter = new LoopDelayMeter()
  readonly #rows: Row[] = []
  readonly #listeners = new Set<(row: Row) => void>()
  #before: { readonly at: number; readonly cpu: NodeJS.CpuUsage; readonly totals: Totals }
  #process: ProcessVitals

  /** @param read what is counted; called once a second */
  constructor(read: () => Totals) {
    this.#read = read
    const nothing = { connections: 0, received: 0, delivered: 0, bytesIn: 0, bytesOut: 0, pushes: 0, sent: 0 }
    this.#before = { at: performance.now(), cpu: process.cpuUsage(), totals: nothing }
    this.#process = processVitals(0, { p50: 0, p99: 0, max: 0 })
  }

  /** Begins to look, once a second until the process ends. */
  start(): void {
    this.#meter.start()
    setInterval(() => this.#look(), EVERY_MS).unref()
  }

  get process(): ProcessVitals {
    return this.#process
  }

  /** The last ten minutes, oldest first. */
  get rows(): readonly Row[] {
    return this.#rows
  }

  /** Tells each row as it comes, until the function that this gives is called. */
  onRow(listener: (row: Row) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #look(): void {
    const at = performance.now()
    const cpu = process.cpuUsage()
    const totals = this.#read()
    const before = this.#before
    this.#before = { at, cpu, totals }
    const seconds = (at - before.at) / 1000
    const busy = (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1e6 / seconds
    this.#process = processVitals(Math.round(busy * 1000) / 1000, this.#meter.take())
    const rate = (key: keyof Totals): number => Math.round((totals[key] - before.totals[key]) / seconds)
    const { rssBytes, heapUsedBytes, loopDelayMs } = this.#process
    this.loopDelays.add(loopDelayMs.max)
    const row = [
      ...[
        Date.now(),
        totals.connections,
        rate('received'),
        rate('delivered'),
        rate('bytesIn'),
        rate('bytesOut'),
      ],
      ...[rate('pushes'), loopDelayMs.p99, rssBytes, heapUsedBytes, this.#process.cpu, rate('sent')],
    ]
    this.#rows.push(row)
    if (this.#rows.length > REMEMBERED) this.#rows.shift()
    for (const listener of this.#listeners) listener(row)
  }
}
