/** `gateway renew`. */
import { parseArgs } from 'node:util'
import { call } from '../control/client.ts'
import { localTime } from '../time-text.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, JSON_HELP, UsageError } from './command.ts'
import { print } from './output.ts'

export const renew: Command = {
  summary: 'give a connection a new token before its old one expires',
  usage: 'ID (TOKEN | -) [--id ID | --url URL] [--json]',
  options: ADDRESS_OPTIONS,
  help: `
The connection of this id (see gateway connections) stays open until the new token expires. The token must be
of the same user. "-" reads it from standard input, so that it does not show in the list of processes.

${ADDRESS_HELP}
${JSON_HELP}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: ADDRESS_OPTIONS })
    const [connection, given, ...others] = positionals
    if (!connection) throw new UsageError("the connection's id is missing")
    if (!given) throw new UsageError('the TOKEN is missing; "-" reads it from standard input')
    if (others.length > 0) throw new UsageError('renew takes one connection and one token')
    const token = given === '-' ? await standardInput() : given
    const target = `/connections/${encodeURIComponent(connection)}/token`
    const { text } = await call(address(values), 'PUT', target, { body: JSON.stringify({ token }) })
    if (values.json) print(text)
    else {
      const { expiresAt } = JSON.parse(text)
      print(`${connection} may stay ${expiresAt === null ? 'for good' : `until ${localTime(expiresAt)}`}\n`)
    }
    return EXIT.done
  },
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString().trim()
}
