/** `gateway trace`. */

import { parseArgs } from 'node:util'
import { closeWords } from '../connections/close-words.ts'
import { GatewayError, readStream } from '../control/client.ts'
import { readEvents } from '../control/server-sent-events.ts'
import { clockTime } from '../time-text.ts'
import type { TraceEvent } from '../tracing/event.ts'
import { address } from './address.ts'
import { type Colours, colours } from './colour.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, UsageError, wholeNumber } from './command.ts'
import { count } from './count.ts'
import { untilInterrupt } from './interrupt.ts'
import { complain, print } from './output.ts'
import { visible } from './visible.ts'

const OPTIONS = {
  ...ADDRESS_OPTIONS,
  user: { type: 'string' },
  seconds: { type: 'string' },
  bytes: { type: 'string' },
} as const

export const trace: Command = {
  summary: 'show live what a connection or user sends and gets',
  usage: '(ID | --user U) [--seconds N] [--bytes N] [--id ID | --url URL] [--json]',
  options: OPTIONS,
  help: `
Shows each message of the connection of this id (see gateway connections), or of all that a user has or will have,
at whichever node, as it happens: when, which connection, "-->" for what it sends and "<--" for what it gets, how
many bytes, and the text. Binary messages are shown in hex. Ends with the connection, after its time, or with Ctrl-C.

  --user U       all connections of this user, who need not be there yet
  --seconds N    for so long: 1 to 3600 (default: 600)
  --bytes N      shows no more of a message than so many bytes: 0 to 65536 (default: 1024)
${ADDRESS_HELP}
  --json         one JSON object a line, as the gateway sends it; of messages that were too many to show, and at the
                 end, {"event": "dropped", "count"} and {"event": "end", "reason"}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
    const query = targetOf(positionals, values.user)
    if (values.seconds !== undefined)
      query.set('seconds', String(wholeNumber('--seconds', values.seconds, 1, 3600)))
    if (values.bytes !== undefined)
      query.set('bytes', String(wholeNumber('--bytes', values.bytes, 0, 65_536)))
    const over = untilInterrupt()
    const stream = readStream(address(values), `/trace?${query}`, over)
    const show = values.json ? showJson : showReadable(colours(1))
    try {
      for await (const { event, data } of readEvents(stream)) {
        if (!show(event, data)) return EXIT.done
        if (event === 'end') return ended(JSON.parse(data).reason)
      }
    } catch (error) {
      throw isOlder(error)
        ? new GatewayError('this gateway cannot trace: it is older than this command', { cause: error })
        : error
    }
    if (over.aborted) return EXIT.done
    throw new GatewayError('the gateway has ended the trace without a word')
  },
}

/** @throws UsageError */
function targetOf([connection, ...others]: string[], user: string | undefined): URLSearchParams {
  if (user === '') throw new UsageError('--user takes the name of a user, got an empty one')
  if (user !== undefined && connection !== undefined) {
    throw new UsageError('trace takes a connection or a --user, not both')
  }
  if (user !== undefined) return new URLSearchParams({ user })
  if (!connection) throw new UsageError("the connection's id is missing; or give a --user")
  if (others.length > 0) throw new UsageError('trace takes one connection at a time')
  return new URLSearchParams({ connection })
}

/** Shows one event. @returns false when nobody reads it any more */
type Show = (event: string, data: string) => boolean

const showJson: Show = (event, data) =>
  print(event === 'trace' ? `${data}\n` : `${JSON.stringify({ event, ...JSON.parse(data) })}\n`)

function showReadable(paint: Colours): Show {
  return (event, data) => {
    if (event === 'trace') return print(`${readable(JSON.parse(data), paint)}\n`)
    if (event !== 'dropped') return true
    return print(`${paint.yellow(`(${count(JSON.parse(data).count, 'message')} more, too many to show)`)}\n`)
  }
}

function readable(traced: TraceEvent, paint: Colours): string {
  const { time, conn, user, what } = traced
  const who = user === undefined ? conn : `${conn} ${user}`
  const words = [paint.dim(clockTime(time)), paint.bold(visible(who))]
  if (what === 'in') words.push(paint.green('-->'), ...message(traced, paint))
  else if (what === 'out') words.push(paint.cyan('<--'), ...message(traced, paint))
  else if (what === 'close') words.push(paint.red('closed'), closing(traced))
  else words.push(paint.yellow('open'))
  return words.join(' ')
}

function message({ bytes = 0, text, base64, truncated }: TraceEvent, paint: Colours): string[] {
  const shown = text === undefined ? hex(base64 ?? '') : visible(text)
  return [paint.dim(`${bytes} B`), shown + (truncated ? paint.dim('…') : '')]
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64')
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')
}

function closing({ code, reason = '' }: TraceEvent): string {
  const words = code === undefined ? '' : `with ${code} (${closeWords(code).name})`
  return reason === '' ? words : `${words}: ${visible(reason)}`
}

function ended(reason: unknown): number {
  complain(`the trace has ended: ${visible(String(reason))}`)
  return EXIT.done
}

/** A gateway of before there were traces says which routes it has. */
function isOlder(error: unknown): boolean {
  return (
    error instanceof GatewayError && error.status === 404 && error.detail.startsWith('there is no /trace')
  )
}
