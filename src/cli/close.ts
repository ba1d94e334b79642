/** `gateway close ID`. */
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
import { print } from './output.ts'

export const close: Command = {
  summary: 'close a connection',
  usage: 'ID [--code N] [--reason TEXT] [--id ID | --url URL] [--json]',
  help: `
Closes the connection of this id (see gateway connections), after what is queued for it.

  --code N       the close code: 1000 (the default), another that may be sent, or 3000 to 4999
  --reason TEXT  the close reason, at most 123 bytes
${ADDRESS_HELP}
${JSON_HELP}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...ADDRESS_OPTIONS, code: { type: 'string' }, reason: { type: 'string' } },
    })
    const [connection, ...others] = positionals
    if (!connection) throw new UsageError("the connection's id is missing")
    if (others.length > 0) throw new UsageError('close takes one connection at a time')
    const query = new URLSearchParams()
    if (values.code !== undefined) query.set('code', String(wholeNumber('--code', values.code, 0)))
    if (values.reason !== undefined) query.set('reason', values.reason)
    const target = `/connections/${encodeURIComponent(connection)}?${query}`
    const { text } = await call(address(values), 'DELETE', target)
    if (values.json) print(text)
    else print(`closed ${connection} with code ${JSON.parse(text).code}\n`)
    return EXIT.done
  },
}
