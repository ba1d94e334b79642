/** `gateway status`. */
import { call } from '../control/client.ts'
import type { StatusJson } from '../status.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, JSON_HELP, readOptions } from './command.ts'
import { print } from './output.ts'
import { clusterRows } from './status-cluster.ts'
import { linesOf, table } from './table.ts'
import { inWords, localTime } from './time.ts'

/** A gateway that has not answered by then has a stuck event loop. */
const WITHIN_MS = 10_000

export const status: Command = {
  summary: 'show the state, the listener and the counters',
  usage: '[--id ID | --url URL] [--json]',
  help: `${ADDRESS_HELP}\n${JSON_HELP}`,
  async run(args) {
    const values = readOptions(args, ADDRESS_OPTIONS)
    const signal = AbortSignal.timeout(WITHIN_MS)
    const { text } = await call(address(values), 'GET', '/status', { signal })
    print(values.json ? text : readable(JSON.parse(text)))
    return EXIT.done
  },
}

function readable(status: StatusJson): string {
  const { listener } = status
  const isDefault = status.state === 'running' && listener.error === null
  const uptime = status.state === 'running' ? ` for ${inWords(status.uptimeMs)}` : ''
  const loaded =
    listener.loadedAt === null
      ? `, ${isDefault ? 'not there: every message goes to everyone' : 'not loaded'}`
      : `, version ${listener.generation}, loaded ${localTime(listener.loadedAt)}`
  const rows = [
    ['gateway', status.id],
    ['state', `${status.state}${uptime}`],
    ['mode', status.mode],
    ['port', String(status.port)],
    ...(status.controlPort === undefined ? [] : [['control port', String(status.controlPort)]]),
    ['connections', String(status.connections)],
    ['groups', String(status.groups)],
    ['users', String(status.users)],
    ...clusterRows(status),
    ['listener', `${listener.path}${loaded}`],
    ...(listener.error === null ? [] : linesOf('listener fault', listener.error.split('\n'))),
    ...(listener.requests === undefined ? [] : [['requests', requestsText(listener.requests)]]),
    ...Object.entries(status.counters).map(([name, count]) => [words(name), String(count)]),
    ['version', status.version],
  ]
  return table(rows)
}

function requestsText({
  underWay,
  waiting,
  retried,
}: NonNullable<StatusJson['listener']['requests']>): string {
  return `${underWay} under way, ${waiting} waiting, ${retried} tried again`
}

/** `unknownRecipients` → `unknown recipients` */
function words(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
