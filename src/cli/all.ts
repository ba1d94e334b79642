/** All commands, their help, and what is none. A file of its own when it is built, beside main. */
import { COMMANDS } from './commands.ts'
import { report } from './report.ts'
import { run } from './run.ts'

/** Runs a command, or explains it. @returns the exit code */
export async function runAny(name: string, args: string[], isHelpAsked: boolean): Promise<number> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load !== undefined && !isHelpAsked) return run(name, args, load)
  const { explain, withoutCommand } = await import('./help.ts')
  try {
    return load === undefined ? await withoutCommand(name, args) : explain(name, await load())
  } catch (error) {
    return report(error, name)
  }
}
