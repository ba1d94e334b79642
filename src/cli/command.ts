/** What a subcommand is. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What the exit codes say. */
export const EXIT = { done: 0, refused: 1, usage: 2, absent: 3, config: 78 } as const

/** The options of a command, as parseArgs takes them. */
export type Options = NonNullable<ParseArgsConfig['options']>

/** What a shell offers where a value is typed: the ids of gateways, files, or these words. */
export type Offer = 'gateways' | 'files' | readonly string[]

export interface Command {
  /** What it does, in a few words, for `gateway --help`. */
  readonly summary: string
  /** How it is called: what follows `Usage: gateway COMMAND`. */
  readonly usage: string
  /** The options that it takes; completion offers them. */
  readonly options: Options
  /** What completion offers behind an option that takes a value, by its name; of the words that are no options by "". */
  readonly offers?: Readonly<Record<string, Offer>>
  /** The rest of `gateway COMMAND --help`. */
  readonly help: string
  /**
   * @param args what follows the command's name
   * @returns the exit code
   * @throws UsageError, GatewayError, ConfigError; they become a line on standard error
   */
  run(args: string[]): Promise<number>
}

/** The command line says something that cannot be done. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** What stands where a command belongs is none. */
export class NoCommandError extends UsageError {
  override readonly name = 'NoCommandError'
}

/** The options that each command which talks to a gateway takes. */
export const ADDRESS_OPTIONS = {
  id: { type: 'string' },
  url: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const ADDRESS_HELP = `  --id ID        the gateway of this id in the same control folder (default: WS_GATEWAY_ID)
  --url URL      the control API over TCP, such as http://gateway:10126, with the token of WS_CONTROL_TOKEN`
export const JSON_HELP = "  --json         the gateway's answer as it came"

/** What parseArgs makes of options: what is repeated is an array, what is not given is undefined. */
type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>['values']

/**
 * The values of a command that takes options alone.
 * @throws UsageError when there are other words, and parseArgs' own error for a wrong option
 */
export function readOptions<const T extends Options>(args: string[], options: T): Values<T> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  if (positionals.length > 0) throw new UsageError(`unexpected: ${JSON.stringify(positionals[0])}`)
  return values
}

/**
 * A span of time that is given in seconds.
 * @returns milliseconds
 * @throws UsageError
 */
export function secondsOf(option: string, text: string, least: number, most: number): number {
  const seconds = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < least || seconds > most) {
    throw new UsageError(`${option} takes seconds from ${least} to ${most}, got ${JSON.stringify(text)}`)
  }
  return seconds * 1000
}

/**
 * A whole number that is given on the command line.
 * @throws UsageError
 */
export function wholeNumber(option: string, text: string, least: number, most = Infinity): number {
  const number = Number(text)
  if (!/^\d{1,15}$/.test(text) || number < least || number > most) {
    const upTo = most === Infinity ? '' : ` to ${most}`
    throw new UsageError(`${option} takes a whole number from ${least}${upTo}, got ${JSON.stringify(text)}`)
  }
  return number
}
