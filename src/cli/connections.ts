/** `gateway connections`. */
import { type Address, call } from '../control/client.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, readOptions, wholeNumber } from './command.ts'
import { print } from './output.ts'
import { table } from './table.ts'
import { localTime } from './time.ts'

/** The most that the gateway gives at once. */
const PAGE = 1000
/** For one page. */
const WITHIN_MS = 10_000

interface ConnectionJson {
  readonly id: string
  readonly ip: string
  readonly path: string
  readonly openedAt: string
  readonly received: number
  readonly sent: number
}

interface Page {
  readonly connections: readonly ConnectionJson[]
  readonly next?: string
}

export const connections: Command = {
  summary: 'list the connections',
  usage: '[--limit N] [--id ID | --url URL] [--json]',
  help: `
Lists the connections, oldest first: id, address, path, since when, messages received and sent.

  --limit N      no more than so many
${ADDRESS_HELP}
  --json         as JSON: {"connections": […]}, with "next" when there are more than the limit`,
  async run(args) {
    const values = readOptions(args, { ...ADDRESS_OPTIONS, limit: { type: 'string' } })
    const limit = values.limit === undefined ? Infinity : wholeNumber('--limit', values.limit, 1)
    const listed = await list(address(values), limit)
    if (values.json) print(`${JSON.stringify(listed)}\n`)
    else print(listed.connections.length === 0 ? 'no connections\n' : readable(listed))
    return EXIT.done
  },
}

/** All pages as one. */
async function list(gateway: Address, limit: number): Promise<Page> {
  const connections: ConnectionJson[] = []
  let next: string | undefined
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - connections.length)) })
    if (next !== undefined) query.set('after', next)
    const signal = AbortSignal.timeout(WITHIN_MS)
    const page: Page = JSON.parse((await call(gateway, 'GET', `/connections?${query}`, { signal })).text)
    for (const connection of page.connections) connections.push(connection)
    next = page.next
  } while (next !== undefined && connections.length < limit)
  return next === undefined ? { connections } : { connections, next }
}

function readable({ connections, next }: Page): string {
  const rows = connections.map(({ id, ip, path, openedAt, received, sent }) => [
    id,
    ip,
    path,
    localTime(openedAt),
    String(received),
    String(sent),
  ])
  const more = next === undefined ? '' : 'there are more\n'
  return table([['ID', 'IP', 'PATH', 'OPEN SINCE', 'RECEIVED', 'SENT'], ...rows], [4, 5]) + more
}
