/** `gateway logs`. */
import { openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { matcher } from '../log/filter.ts'
import { readSettings } from './address.ts'
import { type Command, EXIT, readOptions, wholeNumber } from './command.ts'
import { follow } from './log-follow.ts'
import { readableLine } from './log-line.ts'
import { readTail } from './log-tail.ts'
import { print } from './output.ts'

const DEFAULT_LINES = 20

export const logs: Command = {
  summary: 'show WebSocket.log in a readable form',
  usage: '[-f] [-n N] [--id ID]',
  help: `
Shows the last lines of WebSocket.log in WS_LOG_DIR: time, level, gateway, event, message and the further fields.

  -f, --follow   goes on with each line that is added, until Ctrl-C
  -n, --lines N  how many lines (default: ${DEFAULT_LINES})
  --id ID        only the lines of this gateway`,
  async run(args) {
    const values = readOptions(args, {
      follow: { type: 'boolean', short: 'f' },
      lines: { type: 'string', short: 'n' },
      id: { type: 'string' },
    })
    const count = values.lines === undefined ? DEFAULT_LINES : wholeNumber('-n', values.lines, 0)
    const { logDir } = readSettings('logDir')
    const path = join(logDir, 'WebSocket.log')
    const { id } = values
    const matches = matcher({ gateway: id })
    const show = (line: string): boolean => !matches(line) || print(readableLine(line))

    const fd = open(path, values.follow === true)
    if (fd !== undefined) {
      const { lines, position, unfinished } = readTail(fd, count, matches)
      // One that is still being written counts too, unless its end is waited for.
      if (!values.follow && unfinished !== '' && matches(unfinished)) lines.push(unfinished)
      for (const line of lines.slice(-count || lines.length)) if (!show(line)) return EXIT.done
      if (values.follow) await followUntilInterrupt(path, { fd, position }, show)
    } else await followUntilInterrupt(path, undefined, show)
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

async function followUntilInterrupt(
  path: string,
  start: { readonly fd: number; readonly position: number } | undefined,
  show: (line: string) => boolean,
): Promise<void> {
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  await follow(path, start, show, interrupt.signal)
}
