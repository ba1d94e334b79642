/** `gateway completion`. */
import { parseArgs } from 'node:util'
import { idsIn } from '../control/neighbours.ts'
import { readSettings } from './address.ts'
import { type Command, EXIT, UsageError } from './command.ts'
import { type CompletedCommand, completionTable } from './completion-table.ts'
import { print } from './output.ts'

type Script = (table: readonly CompletedCommand[]) => string

const SHELLS: Readonly<Record<string, () => Promise<Script>>> = {
  bash: async () => (await import('./completion-bash.ts')).bashScript,
  zsh: async () => (await import('./completion-zsh.ts')).zshScript,
  fish: async () => (await import('./completion-fish.ts')).fishScript,
}

export const completion: Command = {
  summary: 'print what completes this command in bash, zsh or fish',
  usage: '(bash | zsh | fish)',
  options: {},
  offers: { '': Object.keys(SHELLS) },
  help: `
Prints a script that lets the shell complete commands, options and the ids of gateways. For one session:

  source <(gateway completion bash)
  source <(gateway completion zsh)
  gateway completion fish | source

For good, put that line into ~/.bashrc, ~/.zshrc (behind compinit) or ~/.config/fish/config.fish.
"gateway completion ids" prints the ids of the gateways in the control folder, which the scripts ask for.`,
  async run(args) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    const [shell = '', ...others] = positionals
    if (shell === 'ids' && others.length === 0) {
      const ids = idsIn(readSettings('controlDir').controlDir)
      print(ids.map(id => `${id}\n`).join(''))
      return EXIT.done
    }
    const load = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
    if (load === undefined || others.length > 0) {
      const got = positionals.length === 0 ? '' : `, got ${JSON.stringify(positionals.join(' '))}`
      throw new UsageError(`completion takes ${Object.keys(SHELLS).join(', ')}${got}`)
    }
    const script = await load()
    print(script(await completionTable()))
    return EXIT.done
  },
}
