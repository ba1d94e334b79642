/** `gateway push`. */
import { parseArgs } from 'node:util'
import { call } from '../control/client.ts'
import type { Pushed } from '../push.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, UsageError } from './command.ts'
import { count } from './count.ts'
import { print } from './output.ts'

/** Who gets a push, as it stands in its object. */
export type Recipients = Partial<Record<'connections' | 'groups' | 'users' | 'except', readonly string[]>>

/** Standard input, where a message or a file is asked for. */
const STDIN = '-'

const OPTIONS = {
  ...ADDRESS_OPTIONS,
  to: { type: 'string', multiple: true },
  group: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  except: { type: 'string', multiple: true },
  data: { type: 'string' },
  binary: { type: 'string' },
} as const

export const push: Command = {
  summary: 'push a message to the connections',
  usage:
    '(MESSAGE | - | --data JSON | --binary FILE) [--to ID]… [--group G]… [--user U]… [--except ID]… [--id ID | --url URL] [--json]',
  options: OPTIONS,
  offers: { binary: 'files' },
  help: `
  MESSAGE        pushes this text; one that starts with "-" is written behind "--"
  -              pushes standard input, one text message a line, each as it comes
  --data JSON    pushes a whole object: its "message", and further keys for the listener
  --data -       pushes standard input, one such object a line
  --binary FILE  pushes the bytes of a file as a binary message; - is standard input

  --to ID        only to this connection
  --group G      only to who is in this group
  --user U       only to this user's connections
  --except ID    not to this connection
                 Each may be repeated, and they go together: to all who are meant, to nobody twice.
${ADDRESS_HELP}
  --json         prints the gateway's answer as it came

Examples:
  gateway push 'hello'
  gateway push 'supper is ready' --group cats --user anna
  gateway push --data '{"message": {"price": 42}, "room": "stocks"}'
  tail -f events.log | gateway push -`,
  async run(args) {
    const { values, positionals, tokens } = parseArgs({
      args,
      allowPositionals: true,
      tokens: true,
      options: OPTIONS,
    })
    const { data, binary, json = false } = values
    const [message] = positionals
    if (positionals.length > 1) throw new UsageError('push takes one MESSAGE; put it in quotes')
    const sources = [message, data, binary].filter(source => source !== undefined)
    if (sources.length === 0) throw new UsageError('there is nothing to push: give a MESSAGE')
    if (sources.length > 1) throw new UsageError('MESSAGE, --data and --binary do not go together')
    const recipients: Recipients = {
      ...(values.to && { connections: values.to }),
      ...(values.group && { groups: values.group }),
      ...(values.user && { users: values.user }),
      ...(values.except && { except: values.except }),
    }
    const gateway = address(values)
    // Behind "--" a dash is just a message.
    const isPlain = tokens.some(token => token.kind === 'option-terminator')
    if (data === STDIN || (message === STDIN && !isPlain)) {
      const { pushLines, textLines, objectLines } = await import('./push-lines.ts')
      return pushLines(gateway, data === STDIN ? objectLines(recipients) : textLines(recipients), json)
    }
    const body =
      data !== undefined
        ? withRecipients(data, recipients)
        : JSON.stringify(
            binary === undefined
              ? { message, ...recipients }
              : { message: await base64Of(binary), encoding: 'base64', ...recipients },
          )
    const { text } = await call(gateway, 'POST', '/push', { body })
    print(json ? text : `${readable(JSON.parse(text))}\n`)
    return EXIT.done
  },
}

/** In a cluster only the node that was asked knows how many it has. */
function readable({ recipients, nodes = 1, kept }: Pushed): string {
  const connections = count(recipients, 'connection')
  if (kept) return `pushed to ${connections} here; kept for the other nodes until Redis is back`
  if (nodes < 2) return `pushed to ${connections}`
  return `pushed to ${connections} here, and to ${count(nodes - 1, 'other node')}`
}

/** The object of `--data`, as it was written unless recipients are added to it. */
function withRecipients(json: string, recipients: Recipients): string {
  const object = parseObject(json)
  const added = Object.entries(recipients)
  for (const [key, more] of added) object[key] = joined(object[key], more)
  return added.length === 0 ? json : JSON.stringify(object)
}

function joined(given: unknown, more: readonly string[]): unknown {
  return Array.isArray(given) ? [...given, ...more] : (given ?? more)
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new UsageError(`--data takes a JSON object: ${error instanceof Error ? error.message : error}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError('--data takes a JSON object with a "message"')
  }
  return { ...value }
}

async function base64Of(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  if (file !== STDIN) {
    return readFile(file, 'base64').catch(({ code, message }: NodeJS.ErrnoException) => {
      throw new Error(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${message}`)
    })
  }
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('base64')
}
