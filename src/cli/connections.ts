/** `gateway connections`. */
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, readOptions, wholeNumber } from './command.ts'
import { print } from './output.ts'
import { complainOfSilence, type Page, readPages } from './pages.ts'
import { table } from './table.ts'
import { localTime } from './time.ts'

interface ConnectionJson {
  readonly id: string
  readonly ip: string
  readonly path: string
  readonly openedAt: string
  readonly received: number
  readonly sent: number
  /** In a list of all nodes. */
  readonly node?: string
}

interface ConnectionsPage extends Page {
  readonly connections: readonly ConnectionJson[]
}

export const connections: Command = {
  summary: 'list the connections',
  usage: '[--cluster] [--limit N] [--id ID | --url URL] [--json]',
  help: `
Lists the connections, oldest first: id, address, path, since when, messages received and sent.

  --cluster      those of all nodes, one node after the other
  --limit N      no more than so many
${ADDRESS_HELP}
  --json         as JSON: {"connections": […]}, with "next" when there are more than the limit; in a cluster
                 "unanswered" lists the nodes that did not answer`,
  async run(args) {
    const values = readOptions(args, {
      ...ADDRESS_OPTIONS,
      cluster: { type: 'boolean' },
      limit: { type: 'string' },
    })
    const limit = values.limit === undefined ? Infinity : wholeNumber('--limit', values.limit, 1)
    const listed = await readPages<ConnectionsPage, 'connections'>(
      address(values),
      '/connections',
      'connections',
      { limit, query: values.cluster ? { scope: 'cluster' } : {} },
    )
    if (values.json) print(`${JSON.stringify(listed)}\n`)
    else print(listed.connections.length === 0 ? 'no connections\n' : readable(listed, values.cluster))
    complainOfSilence(listed)
    return EXIT.done
  },
}

function readable({ connections, next }: ConnectionsPage, isOfCluster = false): string {
  const rows = connections.map(({ id, ip, path, openedAt, received, sent, node = '' }) => [
    ...[id, ip, path, localTime(openedAt), String(received), String(sent)],
    ...(isOfCluster ? [node] : []),
  ])
  const heading = ['ID', 'IP', 'PATH', 'OPEN SINCE', 'RECEIVED', 'SENT', ...(isOfCluster ? ['NODE'] : [])]
  const more = next === undefined ? '' : 'there are more\n'
  return table([heading, ...rows], [4, 5]) + more
}
