/** `gateway config`. */
import { readConfig } from '../config.ts'
import { type Command, EXIT, readOptions } from './command.ts'
import { complain, print } from './output.ts'
import { table } from './table.ts'

const OPTIONS = { json: { type: 'boolean' } } as const

export const config: Command = {
  summary: 'show the settings in force, and where each came from',
  usage: '[--json]',
  options: OPTIONS,
  help: `
Shows each variable with its value and where it came from: the default, the environment, the .env file of the
working directory, or a file (NAME_FILE). Secrets are masked. Faults are listed as at the gateway's start, with
exit code 78.

  --json         an array of {"name", "value", "shown", "source"}`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const { entries, warnings } = readConfig(process.env)
    for (const warning of warnings) complain(warning)
    if (values.json) print(`${JSON.stringify(entries)}\n`)
    else {
      const rows = entries.map(({ name, shown, source }) => [name, shown, source])
      print(table([['NAME', 'VALUE', 'SOURCE'], ...rows]))
    }
    return EXIT.done
  },
}
