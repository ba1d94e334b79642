/** `gateway logs`. */
import { resolve } from 'node:path'
import { isLevel, LEVELS, matcher } from '../log/filter.ts'
import { follow } from '../log/follow.ts'
import { type LastLines, lastLines } from '../log/last-lines.ts'
import { readSettings } from './address.ts'
import { colours } from './colour.ts'
import { type Command, EXIT, readOptions, UsageError, wholeNumber } from './command.ts'
import { untilInterrupt } from './interrupt.ts'
import { readableLine } from './log-line.ts'
import { print } from './output.ts'

const DEFAULT_LINES = 20
const LEVEL_NAMES = Object.keys(LEVELS)

const OPTIONS = {
  follow: { type: 'boolean', short: 'f' },
  lines: { type: 'string', short: 'n' },
  level: { type: 'string' },
  event: { type: 'string' },
  conn: { type: 'string' },
  text: { type: 'string' },
  gateway: { type: 'string' },
  id: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const logs: Command = {
  summary: 'show WebSocket.log in a readable form',
  usage: '[-f] [-n N] [--level L] [--event E] [--conn ID] [--text T] [--gateway ID] [--json]',
  options: OPTIONS,
  offers: {
    level: LEVEL_NAMES,
    event: [
      ...['gateway.start', 'gateway.stop', 'listener.load', 'listener.error', 'control.call', 'error'],
      ...['client.open', 'client.close', 'client.refused', 'message', 'push'],
    ],
    gateway: 'gateways',
  },
  help: `
Shows the last lines of WebSocket.log in WS_LOG_DIR: time, level, gateway, event, message and the further fields.

  -f, --follow   goes on with each line that is added, until Ctrl-C
  -n, --lines N  how many lines (default: ${DEFAULT_LINES})

Only the lines that have all of these, and so many of them:
  --level L      this level or above: ${LEVEL_NAMES.join(', ')}
  --event E      this event, such as listener.error, or all that begin so: listener.*
  --conn ID      about this connection
  --text T       with this text anywhere in the line, in large or small letters
  --gateway ID   of this gateway, where several share the file
  --id ID        the same

  --json         the lines as they are in the file

Examples:
  gateway logs -f --level warn
  gateway logs -n 1000 --event 'client.*' --text 10.0.0.7`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const { level, event, conn, text, id, gateway = id } = values
    const count = values.lines === undefined ? DEFAULT_LINES : wholeNumber('-n', values.lines, 0)
    if (level !== undefined && !isLevel(level)) {
      throw new UsageError(`--level takes one of ${LEVEL_NAMES.join(', ')}, got ${JSON.stringify(level)}`)
    }
    if (id !== undefined && id !== gateway) throw new UsageError('--id and --gateway are the same: give one')
    const { logDir } = readSettings('logDir')
    const path = resolve(logDir, 'WebSocket.log')
    const matches = matcher({ level, event, conn, text, gateway })
    const paint = colours(1)
    const show = (line: string): boolean => print(values.json ? `${line}\n` : readableLine(line, paint))

    const isFollowed = values.follow === true
    const { lines, end } = await read(path, { count, matches, isFollowed })
    for (const line of lines) if (!show(line)) return EXIT.done
    if (isFollowed) await follow(path, end, line => !matches(line) || show(line), untilInterrupt())
    else await end.file?.close()
    return EXIT.done
  },
}

interface Wanted {
  readonly count: number
  readonly matches: (line: string) => boolean
  readonly isFollowed: boolean
}

/**
 * The last lines. A file that is not there yet can be followed all the same; a line that is still being written counts
 * too, unless its end is waited for.
 */
async function read(path: string, { count, matches, isFollowed }: Wanted): Promise<LastLines> {
  let last: LastLines
  try {
    last = await lastLines(path, { count, matches, withUnfinished: !isFollowed })
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { file, rotated } = last.end
  if (file === undefined && rotated.length === 0 && !isFollowed)
    throw new Error(`there is no ${path} (WS_LOG_DIR)`)
  return last
}
