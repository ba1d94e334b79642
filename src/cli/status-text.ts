/** A gateway's status in words. */
import type { StatusJson } from '../status.ts'
import { inWords, localTime } from '../time-text.ts'
import { bytesText } from './amounts.ts'
import type { Colours } from './colour.ts'
import { clusterRows } from './status-cluster.ts'
import { linesOf, table } from './table.ts'

/** What a gateway of any age says: an older one counts less. */
export type SomeStatus = Omit<StatusJson, 'closes' | 'refusals' | 'process'> &
  Partial<Pick<StatusJson, 'closes' | 'refusals' | 'process'>>

/** Counters that are told in bytes. */
const IS_BYTES = /^bytes|Bytes$/

/**
 * One line for each thing, in two columns.
 * @param before the status of the look before, whose counters are compared with these
 */
export function statusText(status: SomeStatus, paint: Colours, before?: SomeStatus): string {
  const lines = table(rowsOf(status, before)).trimEnd().split('\n')
  return `${lines.map(line => painted(line, status, paint)).join('\n')}\n`
}

/** The names stand back behind what they name; the state, and what is wrong, stand out. */
function painted(line: string, { state }: SomeStatus, paint: Colours): string {
  const at = line.search(/ {2,}/)
  if (at < 1) return line
  const [name, rest] = [line.slice(0, at), line.slice(at)]
  if (name === 'state') return paint.dim(name) + (state === 'running' ? paint.green : paint.yellow)(rest)
  return paint.dim(name) + (name.endsWith('fault') ? paint.red(rest) : rest)
}

function rowsOf(status: SomeStatus, before: SomeStatus | undefined): string[][] {
  const { listener, process } = status
  const uptime = status.state === 'running' ? ` for ${inWords(status.uptimeMs)}` : ''
  return [
    ['gateway', status.id],
    ['state', `${status.state}${uptime}`],
    ['mode', status.mode],
    ['port', String(status.port)],
    ...(status.controlPort === undefined ? [] : [['control port', String(status.controlPort)]]),
    ['connections', String(status.connections)],
    ['groups', String(status.groups)],
    ['users', String(status.users)],
    ...clusterRows(status),
    ['listener', `${listener.path}${loaded(status)}`],
    ...(listener.error === null ? [] : linesOf('listener fault', listener.error.split('\n'))),
    ...(listener.lastFault === undefined ? [] : linesOf('last fault', faultLines(listener.lastFault))),
    ...(listener.requests === undefined ? [] : [['requests', requestsText(listener.requests)]]),
    ...(status.closes === undefined ? [] : [['closes', eachText(status.closes)]]),
    ...(status.refusals === undefined ? [] : [['refusals', eachText(status.refusals)]]),
    ...(process === undefined ? [] : [['process', processText(process)]]),
    ['version', status.version],
    ...counterRows(status, before),
  ]
}

function loaded({ state, listener }: SomeStatus): string {
  if (listener.loadedAt !== null) {
    return `, version ${listener.generation}, loaded ${localTime(listener.loadedAt)}`
  }
  const isDefault = state === 'running' && listener.error === null
  return `, ${isDefault ? 'not there: every message goes to everyone' : 'not loaded'}`
}

function faultLines({ at, hook, message }: NonNullable<SomeStatus['listener']['lastFault']>): string[] {
  return `${localTime(at)}${hook === undefined ? '' : `, ${hook}`}: ${message}`.split('\n')
}

function requestsText({
  underWay,
  waiting,
  retried,
}: NonNullable<StatusJson['listener']['requests']>): string {
  return `${underWay} under way, ${waiting} waiting, ${retried} tried again`
}

function counterRows({ counters }: SomeStatus, before: SomeStatus | undefined): string[][] {
  return Object.entries(counters).map(([name, count]) => {
    const more = before === undefined ? 0 : count - (before.counters[name] ?? 0)
    const text = IS_BYTES.test(name) ? bytesText : String
    // One that has become less has begun anew.
    return [words(name), more > 0 ? `${text(count)}  +${text(more)}` : text(count)]
  })
}

/** `unknownRecipients` → `unknown recipients` */
function words(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

/** How often with which code or status. */
function eachText(counts: Readonly<Record<string, number>>): string {
  const each = Object.entries(counts).map(([code, count]) => `${count} with ${code}`)
  return each.join(', ') || 'none'
}

function processText({
  rssBytes,
  heapUsedBytes,
  cpu,
  loopDelayMs,
}: NonNullable<SomeStatus['process']>): string {
  const { p50, p99, max } = loopDelayMs
  const delays = [p50, p99, max].map(ms => ms.toFixed(1)).join(', ')
  return `${bytesText(rssBytes)} (heap ${bytesText(heapUsedBytes)}), ${cpu.toFixed(2)} cores, loop delay ${delays} ms (p50, p99, max)`
}
