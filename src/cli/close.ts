/** `gateway close`. */
import { parseArgs } from 'node:util'
import { call } from '../control/client.ts'
import { address } from './address.ts'
import {
  ADDRESS_HELP,
  ADDRESS_OPTIONS,
  type Command,
  EXIT,
  JSON_HELP,
  UsageError,
  wholeNumber,
} from './command.ts'
import { count } from './count.ts'
import { print } from './output.ts'
import { visible } from './visible.ts'

const OPTIONS = {
  ...ADDRESS_OPTIONS,
  user: { type: 'string' },
  code: { type: 'string' },
  reason: { type: 'string' },
} as const

export const close: Command = {
  summary: 'close a connection, or all of a user',
  usage: '(ID | --user U) [--code N] [--reason TEXT] [--id ID | --url URL] [--json]',
  options: OPTIONS,
  help: `
Closes the connection of this id (see gateway connections), or all that a user has, at whichever node, after what
is queued for them.

  --user U       all connections of this user; says how many they were
  --code N       the close code: 1000 (the default), another that may be sent, or 3000 to 4999
  --reason TEXT  the close reason, at most 123 bytes
${ADDRESS_HELP}
${JSON_HELP}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: OPTIONS,
    })
    const target = targetOf(positionals, values.user)
    const query = new URLSearchParams()
    if (values.code !== undefined) query.set('code', String(wholeNumber('--code', values.code, 0)))
    if (values.reason !== undefined) query.set('reason', values.reason)
    const { text } = await call(address(values), 'DELETE', `${target}?${query}`)
    print(values.json ? text : `${readable(JSON.parse(text))}\n`)
    return EXIT.done
  },
}

/** @throws UsageError */
function targetOf([connection, ...others]: string[], user: string | undefined): string {
  if (user === '') throw new UsageError('--user takes the name of a user, got an empty one')
  if (user !== undefined && connection !== undefined) {
    throw new UsageError('close takes a connection or a --user, not both')
  }
  if (user !== undefined) return `/users/${encodeURIComponent(user)}`
  if (!connection) throw new UsageError("the connection's id is missing; or give a --user")
  if (others.length > 0) throw new UsageError('close takes one connection at a time')
  return `/connections/${encodeURIComponent(connection)}`
}

interface Closed {
  readonly code: number
  readonly id?: string
  /** Of a user. */
  readonly user?: string
  readonly connections?: number
}

function readable({ code, id, user, connections = 1 }: Closed): string {
  if (user === undefined) return `closed ${id} with code ${code}`
  return `closed ${count(connections, 'connection')} of ${visible(user)} with code ${code}`
}
