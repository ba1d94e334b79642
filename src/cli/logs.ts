/** `gateway logs`. */
import { openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isLevel, LEVELS, matcher } from '../log/filter.ts'
import { readSettings } from './address.ts'
import { colours } from './colour.ts'
import { type Command, EXIT, readOptions, UsageError, wholeNumber } from './command.ts'
import { untilInterrupt } from './interrupt.ts'
import { follow } from './log-follow.ts'
import { readableLine } from './log-line.ts'
import { readTail } from './log-tail.ts'
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
    const path = join(logDir, 'WebSocket.log')
    const matches = matcher({ level, event, conn, text, gateway })
    const paint = colours(1)
    const show = (line: string): boolean =>
      !matches(line) || print(values.json ? `${line}\n` : readableLine(line, paint))

    const fd = open(path, values.follow === true)
    if (fd !== undefined) {
      const { lines, position, unfinished } = readTail(fd, count, matches)
      // One that is still being written counts too, unless its end is waited for.
      if (!values.follow && unfinished !== '' && matches(unfinished)) lines.push(unfinished)
      for (const line of lines.slice(-count || lines.length)) if (!show(line)) return EXIT.done
      if (values.follow) await follow(path, { fd, position }, show, untilInterrupt())
    } else await follow(path, undefined, show, untilInterrupt())
    return EXIT.done
  },
}

/** A file that is not there yet can be followed all the same. */
function open(path: string, mayBeAbsent: boolean): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeAbsent) return undefined
    throw new Error(
      code === 'ENOENT'
        ? `there is no ${resolve(path)} (WS_LOG_DIR)`
        : `${resolve(path)} cannot be read: ${message}`,
    )
  }
}
