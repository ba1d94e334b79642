/** `gateway status`. */
import { call } from '../control/client.ts'
import { address } from './address.ts'
import { colours } from './colour.ts'
import {
  ADDRESS_HELP,
  ADDRESS_OPTIONS,
  type Command,
  EXIT,
  JSON_HELP,
  readOptions,
  secondsOf,
  UsageError,
} from './command.ts'
import { print } from './output.ts'
import { statusText } from './status-text.ts'

/** A gateway that has not answered by then has a stuck event loop. */
const WITHIN_MS = 10_000
const DEFAULT_EVERY_S = '2'

const OPTIONS = { ...ADDRESS_OPTIONS, watch: { type: 'boolean' }, every: { type: 'string' } } as const

export const status: Command = {
  summary: 'show the state, the listener and the counters',
  usage: '[--watch [--every SECONDS]] [--id ID | --url URL] [--json]',
  options: OPTIONS,
  help: `
  --watch        again and again until q or Ctrl-C, with what the counters have gained: on a terminal in place, in
                 a pipe one block after the other
  --every S      so many seconds between two looks: 0.1 to 3600 (default: ${DEFAULT_EVERY_S})
${ADDRESS_HELP}
${JSON_HELP}; with --watch one line for each look`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    if (values.every !== undefined && !values.watch) throw new UsageError('--every goes with --watch')
    const everyMs = secondsOf('--every', values.every ?? DEFAULT_EVERY_S, 0.1, 3600)
    const gateway = address(values)
    if (values.watch) {
      const { watchStatus } = await import('./status-watch.ts')
      await watchStatus(gateway, everyMs, values.json === true)
      return EXIT.done
    }
    const signal = AbortSignal.timeout(WITHIN_MS)
    const { text } = await call(gateway, 'GET', '/status', { signal })
    print(values.json ? text : statusText(JSON.parse(text), colours(1)))
    return EXIT.done
  },
}
