/** `gateway connections`. */

import { localTime } from '../time-text.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, readOptions, wholeNumber } from './command.ts'
import { print } from './output.ts'
import { complainOfSilence, type Page, readPages } from './pages.ts'
import { table } from './table.ts'

interface ConnectionJson {
  readonly id: string
  readonly ip: string
  readonly path: string
  readonly openedAt: string
  readonly received: number
  readonly sent: number
  readonly user?: string
  /** In a list of all nodes. */
  readonly node?: string
}

interface ConnectionsPage extends Page {
  readonly connections: readonly ConnectionJson[]
}

const OPTIONS = {
  ...ADDRESS_OPTIONS,
  cluster: { type: 'boolean' },
  limit: { type: 'string' },
  search: { type: 'string' },
  group: { type: 'string' },
  user: { type: 'string' },
} as const

export const connections: Command = {
  summary: 'list the connections',
  usage: '[--search TEXT] [--group G] [--user U] [--cluster] [--limit N] [--id ID | --url URL] [--json]',
  options: OPTIONS,
  help: `
Lists the connections, oldest first: id, address, path, since when, messages received and sent; and the users, where
there are any.

  --search TEXT  those with this text in their id, address, path, user or a group, in large or small letters
  --group G      those in this group
  --user U       those of this user
  --cluster      those of all nodes, one node after the other
  --limit N      no more than so many
${ADDRESS_HELP}
  --json         as JSON: {"connections": […]}, with "next" when there are more than the limit; in a cluster
                 "unanswered" lists the nodes that did not answer`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const limit = values.limit === undefined ? Infinity : wholeNumber('--limit', values.limit, 1)
    const { search, group, user, cluster } = values
    const query = {
      ...(search !== undefined && { search }),
      ...(group !== undefined && { group }),
      ...(user !== undefined && { user }),
      ...(cluster && { scope: 'cluster' }),
    }
    const listed = await readPages<ConnectionsPage, 'connections'>(
      address(values),
      '/connections',
      'connections',
      { limit, query },
    )
    if (values.json) print(`${JSON.stringify(listed)}\n`)
    else print(listed.connections.length === 0 ? 'no connections\n' : readable(listed, cluster))
    complainOfSilence(listed)
    return EXIT.done
  },
}

function readable({ connections, next }: ConnectionsPage, isOfCluster = false): string {
  const hasUsers = connections.some(({ user }) => user !== undefined)
  const more = (user: string, node: string): string[] => [
    ...(hasUsers ? [user] : []),
    ...(isOfCluster ? [node] : []),
  ]
  const rows = connections.map(({ id, ip, path, openedAt, received, sent, user = '', node = '' }) => [
    ...[id, ip, path, localTime(openedAt), String(received), String(sent)],
    ...more(user, node),
  ])
  const heading = ['ID', 'IP', 'PATH', 'OPEN SINCE', 'RECEIVED', 'SENT', ...more('USER', 'NODE')]
  return table([heading, ...rows], [4, 5]) + (next === undefined ? '' : 'there are more\n')
}
