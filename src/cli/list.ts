/** `gateway list`. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { call, GatewayError } from '../control/client.ts'
import type { Status } from '../status.ts'
import { readSettings } from './address.ts'
import { type Command, EXIT, readOptions } from './command.ts'
import { print } from './output.ts'
import { table } from './table.ts'

const SUFFIX = '.sock'
/** For all of them, since they are asked at the same time. */
const WITHIN_MS = 2000

/** A gateway's status, or what there is to say of one that cannot be asked. */
type Listed = Pick<Status, 'id'> & Partial<Omit<Status, 'state'>> & { readonly state: string }

export const list: Command = {
  summary: 'list the gateways in the control folder',
  usage: '[--json]',
  help: `
Lists the control sockets in WS_CONTROL_DIR, each with its gateway's state and number of connections.
A socket that a killed process left behind is shown as "dead".

  --json         an array with the status of each, as it came`,
  async run(args) {
    const values = readOptions(args, { json: { type: 'boolean' } })
    const { controlDir } = readSettings('controlDir')
    const listed = await Promise.all(idsIn(controlDir).map(id => ask(controlDir, id)))
    if (values.json) print(`${JSON.stringify(listed)}\n`)
    else print(listed.length === 0 ? `no gateways in ${resolve(controlDir)}\n` : readable(listed))
    return EXIT.done
  },
}

/** The ids that have a socket there; a folder that does not exist has none. */
function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.name.endsWith(SUFFIX) && (entry.isSocket() || entry.isSymbolicLink()))
      .map(entry => entry.name.slice(0, -SUFFIX.length))
      .sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new GatewayError(`the control folder ${resolve(folder)} cannot be read: ${message}`, { code })
  }
}

async function ask(folder: string, id: string): Promise<Listed> {
  try {
    const signal = AbortSignal.timeout(WITHIN_MS)
    return JSON.parse((await call(join(folder, `${id}${SUFFIX}`), 'GET', '/status', { signal })).text)
  } catch (error) {
    return { id, state: error instanceof GatewayError ? state(error) : 'no gateway' }
  }
}

function state(error: GatewayError): string {
  if (error.isAbsent) return 'dead'
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'no permission'
  return error.code === 'ETIMEDOUT' ? 'no answer' : 'no gateway'
}

function readable(listed: readonly Listed[]): string {
  const rows = listed.map(({ id, state, connections }) => [id, state, String(connections ?? '')])
  return table([['ID', 'STATE', 'CONNECTIONS'], ...rows], [2])
}
