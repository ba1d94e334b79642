/** Running one command. */
import type { Command } from './command.ts'

/** Runs it; what goes wrong becomes a line on standard error. @returns the exit code */
export async function run(name: string, args: string[], load: () => Promise<Command>): Promise<number> {
  try {
    return await (await load()).run(args)
  } catch (error) {
    return (await import('./report.ts')).report(error, name)
  }
}
