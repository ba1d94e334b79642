/** What a shell can complete: each command with its options, as the commands themselves have it. */
import type { Command, Offer } from './command.ts'
import { COMMANDS } from './commands.ts'

export interface CompletedOption {
  readonly long: string
  readonly short: string | undefined
  readonly takesValue: boolean
  readonly isMultiple: boolean
  /** What it does, as its help has it. */
  readonly about: string
  readonly offer: Offer | undefined
}

export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly options: readonly CompletedOption[]
  /** For words that are no options. */
  readonly offer: Offer | undefined
}

/** What each command takes beside its own. */
const HELP: CompletedOption = {
  long: 'help',
  short: 'h',
  takesValue: false,
  isMultiple: false,
  about: 'tells more of this command',
  offer: undefined,
}

/** All commands, in their order. */
export async function completionTable(): Promise<CompletedCommand[]> {
  const commands = Object.entries(COMMANDS)
  return Promise.all(commands.map(async ([name, load]) => completed(name, await load())))
}

function completed(name: string, { summary, options, offers = {}, help }: Command): CompletedCommand {
  const own = Object.entries(options).map(([long, { type, short, multiple = false }]) => ({
    long,
    short,
    takesValue: type === 'string',
    isMultiple: multiple,
    about: aboutOf(long, help),
    offer: offers[long] ?? (long === 'id' ? ('gateways' as const) : undefined),
  }))
  return { name, summary, options: [...own, HELP], offer: offers[''] }
}

/** The first words behind an option in a command's help. */
function aboutOf(long: string, help: string): string {
  const line = new RegExp(`^ +(?:-\\w, )?--${long}(?: \\S+)? {2,}(.+)$`, 'm').exec(help)?.[1]
  return line?.replace(/[:;(].*$/, '').trim() ?? long
}
