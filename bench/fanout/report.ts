/** Prints what was measured: the medians, and the medians of the ratios of each round. */
import { median, table, times } from '../measure.ts'
import type { Case, Goal } from './cases.ts'
import type { LoadResult } from './load.ts'
import type { ServerName } from './servers.ts'

/** The results of one case: for each server, one for each round. */
export type Rounds = ReadonlyMap<ServerName, readonly LoadResult[]>

const value = (result: LoadResult | undefined, key: string): number => {
  const number = result?.[key]
  return typeof number === 'number' ? number : Number.NaN
}

/** The median of the ratios of two servers, round by round: what disturbs a round disturbs both. */
export function ratio(rounds: Rounds, metric: string, of: ServerName, to: ServerName): number {
  const others = rounds.get(to) ?? []
  const ratios = (rounds.get(of) ?? []).map(
    (result, round) => value(result, metric) / value(others[round], metric),
  )
  return median(ratios.filter(number => !Number.isNaN(number)))
}

/** One case as a table, with its goals below it. */
export function report(name: string, { about, metric, unit, goals }: Case, rounds: Rounds): string {
  const base: ServerName = 'ws'
  const latency = [...rounds.values()].some(([result]) => result?.p50_us !== undefined)
  const head = ['', unit, `× ${base}`, 'lowest', 'highest', 'server cpu', ...(latency ? ['p50 ms'] : [])]
  const rows = [...rounds].map(([server, results]) => {
    const of = (key: string): number[] => results.map(result => value(result, key))
    const all = of(metric)
    return [
      server,
      shown(median(all)),
      times(ratio(rounds, metric, server, base)),
      shown(Math.min(...all)),
      shown(Math.max(...all)),
      median(of('server_cpu')).toFixed(2),
      ...(latency ? [(median(of('p50_us')) / 1000).toFixed(1)] : []),
    ]
  })
  const met = goals
    .filter(goal => rounds.has(goal.of) && rounds.has(goal.to))
    .map(goal => `  ${verdict(goal, ratio(rounds, metric, goal.of, goal.to))}`)
  return [`${name}: ${about}`, table([head, ...rows]), ...met, ''].join('\n')
}

/** A goal, and whether a ratio meets it. */
export function verdict({ of, to, atLeast, atMost }: Goal, got: number): string {
  const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  const met = (atLeast === undefined || got >= atLeast) && (atMost === undefined || got <= atMost)
  return `${of} / ${to} = ${times(got)}, goal ${wanted} ×: ${met ? 'met' : 'NOT MET'}`
}

function shown(number: number): string {
  return number >= 1000 ? Math.round(number).toLocaleString('en-US') : number.toFixed(1)
}
