/** What `gateway top` shows. */

import { clockTime, inWords } from '../time-text.ts'
import { bytesText, grouped, perSecond } from './amounts.ts'
import type { Colours } from './colour.ts'
import { columnsOf } from './top-columns.ts'
import { type Busy, MOST_CONNECTIONS, type View } from './top-look.ts'
import { visible } from './visible.ts'
import { cut, widthOf } from './width.ts'

/** In what order the connections stand; the first is the default. */
export const ORDERS: Readonly<Record<string, (a: Busy, b: Busy) => number>> = {
  busiest: (a, b) => b.inRate + b.outRate - a.inRate - a.outRate || total(b) - total(a),
  in: (a, b) => b.inRate - a.inRate || b.received - a.received,
  out: (a, b) => b.outRate - a.outRate || b.sent - a.sent,
  buffered: (a, b) => (b.bufferedBytes ?? 0) - (a.bufferedBytes ?? 0),
  // The gateway gives them by age.
  oldest: () => 0,
}

function total({ received, sent }: Busy): number {
  return received + sent
}

/** Connections in an order of these. */
export function sorted(connections: readonly Busy[], order: string): Busy[] {
  return [...connections].sort(ORDERS[order])
}

/** A name and its value; one without a name is its value alone. */
type Segment = readonly [name: string, value: string, paint?: keyof Colours]

const BETWEEN = '   '
const NOT_KNOWN = '–'

/** The lines above the connections: state, rates, and what is wrong. */
export function headLines(view: View, width: number, paint: Colours): string[] {
  const faults = faultsOf(view).map(fault => paint.red(cut(visible(fault), width)))
  return [...segmentsOf(view).map(segments => lineOf(segments, width, paint)), ...faults]
}

/** The connections below their heading. */
export function listLines(connections: readonly Busy[], width: number, paint: Colours): string[] {
  const [heading = '', ...lines] = columnsOf(connections, width)
  return [paint.bold(heading), ...lines]
}

/** Below them: what the keys do, and where one is. */
export function footLine(
  { page, pages, order, view }: { page: number; pages: number; order: string; view: View },
  width: number,
  paint: Colours,
): string {
  const of = view.hasMore ? [['', `the oldest ${grouped(MOST_CONNECTIONS)} connections`] as const] : []
  const keys = [
    ['q', 'quit'],
    ['s', `sort: ${order}`],
    ['↑↓', `page ${page + 1} of ${pages}`],
    ...of,
  ] as const
  return lineOf(keys, width, paint)
}

function segmentsOf({ status, rates }: View): Segment[][] {
  const { process, counters, nodes } = status
  const rate = (name: string, show: (rate: number) => string): string =>
    rates?.[name] === undefined ? NOT_KNOWN : show(rates[name])
  const bytesPerSecond = (name: string): Segment[] =>
    name in counters ? [['', rate(name, bytes => `${bytesText(bytes)}/s`)]] : []
  const isRunning = status.state === 'running'
  const many = (name: string, counter: string): Segment => {
    const total = grouped(counters[counter] ?? 0)
    return (rates?.[counter] ?? 0) > 0 ? [name, total, 'yellow'] : [name, total]
  }
  return [
    [
      ['', status.id, 'bold'],
      ['', status.state, isRunning ? 'green' : 'yellow'],
      ...(isRunning ? [['for', inWords(status.uptimeMs)] as const] : []),
      ['port', String(status.port)],
      ['version', status.version],
      ['', clockTime(Date.now()).slice(0, 8)],
    ],
    [
      ['connections', grouped(status.connections), 'bold'],
      ['groups', grouped(status.groups)],
      ['users', grouped(status.users)],
      ...(nodes === undefined ? [] : [['nodes', grouped(nodes.length)] as const]),
      ...(status.backplane === undefined ? [] : [['backplane', status.backplane.state] as const]),
    ],
    [
      ['in', rate('received', perSecond), 'bold'],
      ...bytesPerSecond('bytesIn'),
      ['delivered', rate('delivered', perSecond), 'bold'],
      ...bytesPerSecond('bytesOut'),
      ['pushes', rate('pushes', perSecond)],
    ],
    ...(process === undefined ? [] : [processSegments(process)]),
    [
      many('refused', 'refused'),
      many('slow closed', 'slowConsumersClosed'),
      many('dropped', 'slowConsumerDrops'),
      many('listener errors', 'listenerErrors'),
    ],
  ]
}

function processSegments({
  rssBytes,
  heapUsedBytes,
  cpu,
  loopDelayMs,
}: NonNullable<View['status']['process']>): Segment[] {
  const { p50, p99, max } = loopDelayMs
  return [
    ['loop p50', p50.toFixed(1)],
    ['p99', p99.toFixed(1)],
    ['max', `${max.toFixed(1)} ms`],
    ['memory', bytesText(rssBytes)],
    ['heap', bytesText(heapUsedBytes)],
    ['cpu', cpu.toFixed(2)],
  ]
}

function faultsOf({ status, fault }: View): string[] {
  const { error } = status.listener
  return [
    ...(fault === '' ? [] : [fault]),
    ...(error === null ? [] : [`listener: ${error}`]),
    ...(status.backplane?.error ? [`backplane: ${status.backplane.error}`] : []),
  ]
}

/** One segment after the other, as many as there is room for. */
function lineOf(segments: readonly Segment[], width: number, paint: Colours): string {
  let line = ''
  let left = width
  for (const [name, value, painter] of segments) {
    const shown = visible(value)
    const gap = line === '' ? '' : name === '' ? ' ' : BETWEEN
    left -= widthOf(gap) + widthOf(name) + widthOf(shown) + (name === '' ? 0 : 1)
    if (left < 0) break
    const painted = painter === undefined ? shown : paint[painter](shown)
    line += gap + (name === '' ? painted : `${paint.dim(name)} ${painted}`)
  }
  return line
}
