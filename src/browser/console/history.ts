/** The last ten minutes, a row a second, in columns as the plots take them. */
import type { HistoryRows } from './wire.ts'

/** In seconds. */
export const LONGEST_WINDOW = 600
/** Between rows that are further apart the gateway was away: the line has a gap there. In milliseconds. */
const GAP_MS = 3500

/** The times in seconds since 1970, then each column. */
export type Columns = [number[], ...(number | null)[][]]

export class History {
  #names: readonly string[] = []
  #rows: (readonly number[])[] = []

  /** Takes what the gateway remembers, in place of all that there was. */
  replace({ columns, rows }: HistoryRows): void {
    this.#names = columns
    this.#rows = []
    for (const row of rows) this.add(row)
  }

  /** Takes one more row; what is older than ten minutes goes, and what is of a time that a clock was set back from. */
  add(row: readonly number[]): void {
    const time = timeOf(row)
    while ((this.#rows.at(-1)?.[0] ?? -1) >= time) this.#rows.pop()
    this.#rows.push(row)
    const first = this.#rows.findIndex(one => timeOf(one) >= time - LONGEST_WINDOW * 1000)
    if (first > 0) this.#rows.splice(0, first)
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** The newest value of a column. */
  latest(name: string): number | undefined {
    return this.#rows.at(-1)?.[this.#names.indexOf(name)]
  }

  /** The time of the newest row, in ms since 1970. */
  get end(): number | undefined {
    const row = this.#rows.at(-1)
    return row === undefined ? undefined : timeOf(row)
  }

  /** The rows of the last so many seconds. A column that the gateway does not have is empty. */
  window(seconds: number, names: readonly string[]): Columns {
    const places = names.map(name => this.#names.indexOf(name))
    const times: number[] = []
    const columns: (number | null)[][] = names.map(() => [])
    const from = (this.end ?? 0) - seconds * 1000
    let before: number | undefined
    for (const row of this.#rows) {
      const time = timeOf(row)
      if (time < from) continue
      if (before !== undefined && time - before > GAP_MS) {
        times.push((before + 1) / 1000)
        for (const column of columns) column.push(null)
      }
      times.push(time / 1000)
      places.forEach((place, i) => {
        columns[i]?.push(row[place] ?? null)
      })
      before = time
    }
    return [times, ...columns]
  }
}

function timeOf(row: readonly number[]): number {
  return row[0] ?? 0
}
