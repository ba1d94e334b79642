/** `gateway list`. */
import { resolve } from 'node:path'
import { askNeighbours, type Neighbour } from '../control/neighbours.ts'
import { readSettings } from './address.ts'
import { type Command, EXIT, readOptions } from './command.ts'
import { print } from './output.ts'
import { table } from './table.ts'

const OPTIONS = { json: { type: 'boolean' } } as const

export const list: Command = {
  summary: 'list the gateways in the control folder',
  usage: '[--json]',
  options: OPTIONS,
  help: `
Lists the control sockets in WS_CONTROL_DIR, each with its gateway's state and number of connections.
A socket that a killed process left behind is shown as "dead".

  --json         an array with the status of each, as it came`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const { controlDir } = readSettings('controlDir')
    const listed = await askNeighbours(controlDir)
    if (values.json) print(`${JSON.stringify(listed)}\n`)
    else print(listed.length === 0 ? `no gateways in ${resolve(controlDir)}\n` : readable(listed))
    return EXIT.done
  },
}

function readable(listed: readonly Neighbour[]): string {
  const rows = listed.map(({ id, state, connections }) => [id, state, String(connections ?? '')])
  return table([['ID', 'STATE', 'CONNECTIONS'], ...rows], [2])
}
