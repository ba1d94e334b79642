/** `gateway health`: an exit code and nothing else, whatever happens. */
import { call } from '../control/client.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, type Command, EXIT, readOptions } from './command.ts'

/** From the start of the process; what is left of two seconds is for the machine that is short of time. */
const WITHIN_MS = 1700
const LEAST_MS = 100

const OPTIONS = { id: { type: 'string' }, url: { type: 'string' } } as const

export const health: Command = {
  summary: "exit 0 when healthy, else 1, for Docker's HEALTHCHECK",
  usage: '[--id ID | --url URL]',
  options: OPTIONS,
  help: `
Prints nothing. Exit 0: the gateway runs, or is stopped because it was told so. Exit 1: it has no working
listener (an application that is away for now is a warning), is not there, or does not answer within two seconds.

${ADDRESS_HELP}`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    setTimeout(() => process.exit(EXIT.refused), Math.max(LEAST_MS, WITHIN_MS - performance.now()))
    const isHealthy = await ask(values).catch(() => false)
    return isHealthy ? EXIT.done : EXIT.refused
  },
}

/** @throws for a bad environment, a refusal, no gateway */
async function ask(which: Parameters<typeof address>[0]): Promise<boolean> {
  await call(address(which), 'GET', '/health')
  return true
}
