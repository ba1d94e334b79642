/** `gateway groups`. */
import { parseArgs } from 'node:util'
import type { MembersPage } from '../cluster/all-nodes.ts'
import type { GroupLine } from '../cluster/questions.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, UsageError } from './command.ts'
import { count } from './count.ts'
import { print } from './output.ts'
import { complainOfSilence, type Page, readPages } from './pages.ts'
import { table } from './table.ts'

interface GroupsPage extends Page {
  readonly groups: readonly GroupLine[]
}

const OPTIONS = { ...ADDRESS_OPTIONS, node: { type: 'boolean' } } as const

export const groups: Command = {
  summary: 'list the groups, or the members of one',
  usage: '[GROUP] [--node] [--id ID | --url URL] [--json]',
  options: OPTIONS,
  help: `
Lists the groups by name, with their connections and users, over all nodes of a cluster. With a GROUP it lists
the users who are in it, each once, with what others may see of them (conn.info).

  --node         what this node has, alone
${ADDRESS_HELP}
  --json         as JSON: {"groups": […]}, or {"group", "connections", "users", "members": […]}; in a cluster
                 "unanswered" lists the nodes that did not answer`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: OPTIONS,
    })
    const [group, ...others] = positionals
    if (others.length > 0) throw new UsageError('groups takes one group at a time; put its name in quotes')
    if (group === '') throw new UsageError("the group's name is empty")
    const gateway = address(values)
    const query = { scope: values.node ? 'node' : 'cluster' }
    if (group === undefined) {
      const listed = await readPages<GroupsPage, 'groups'>(gateway, '/groups', 'groups', { query })
      show(listed, values.json, readableGroups)
    } else {
      const target = `/groups/${encodeURIComponent(group)}/members`
      const listed = await readPages<MembersPage, 'members'>(gateway, target, 'members', { query })
      show(listed, values.json, readableMembers)
    }
    return EXIT.done
  },
}

function show<P extends Page>(listed: P, isJson = false, readable: (listed: P) => string): void {
  print(isJson ? `${JSON.stringify(listed)}\n` : readable(listed))
  complainOfSilence(listed)
}

function readableGroups({ groups }: GroupsPage): string {
  if (groups.length === 0) return 'no groups\n'
  const rows = groups.map(({ name, connections, users }) => [name, String(connections), String(users)])
  return table([['GROUP', 'CONNECTIONS', 'USERS'], ...rows], [1, 2])
}

function readableMembers({ connections, users, members }: MembersPage): string {
  const rows = members.map(({ user, info }) => [user, info === undefined ? '' : JSON.stringify(info)])
  const listed = rows.length === 0 ? '' : table([['USER', 'INFO'], ...rows])
  return `${listed}${count(connections, 'connection')}, ${count(users, 'user')}\n`
}
