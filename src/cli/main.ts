#!/usr/bin/env node
/** The command `gateway`. What a subcommand does not need is not loaded: a push costs little more than Node itself. */
import type { Command } from './command.ts'

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  push: async () => (await import('./push.ts')).push,
  start: async () => (await import('./life-cycle.ts')).start,
  stop: async () => (await import('./life-cycle.ts')).stop,
  restart: async () => (await import('./life-cycle.ts')).restart,
  reload: async () => (await import('./life-cycle.ts')).reload,
  status: async () => (await import('./status.ts')).status,
  connections: async () => (await import('./connections.ts')).connections,
  groups: async () => (await import('./groups.ts')).groups,
  close: async () => (await import('./close.ts')).close,
  renew: async () => (await import('./renew.ts')).renew,
  token: async () => (await import('./token.ts')).token,
  logs: async () => (await import('./logs.ts')).logs,
  list: async () => (await import('./list.ts')).list,
  config: async () => (await import('./config.ts')).config,
  types: async () => (await import('./types.ts')).types,
  health: async () => (await import('./health.ts')).health,
}

/** `--id ID` and `--url URL` may also stand before the command. */
function withAddressBehind(words: string[]): string[] {
  const [first = '', second = '', ...rest] = words
  if ((first === '--id' || first === '--url') && rest.length > 0) {
    const [command = '', ...others] = withAddressBehind(rest)
    return [command, first, second, ...others]
  }
  if (/^--(id|url)=/.test(first) && words.length > 1) {
    const [command = '', ...others] = withAddressBehind(words.slice(1))
    return [command, first, ...others]
  }
  return words
}

async function main(words: string[]): Promise<number> {
  const [name = '', ...args] = withAddressBehind(words)
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (load === undefined) return await (await import('./help.ts')).withoutCommand(name, args, commands)
    const command = await load()
    const end = args.indexOf('--')
    const options = end === -1 ? args : args.slice(0, end)
    if (options.includes('--help') || options.includes('-h')) {
      return (await import('./help.ts')).explain(name, command)
    }
    return await command.run(args)
  } catch (error) {
    return (await import('./report.ts')).report(error, name)
  }
}

process.on('uncaughtException', async error => {
  process.exit((await import('./report.ts')).report(error, ''))
})
// Everything has been written by then, so nothing is cut off. No await: it is built as CommonJS.
main(process.argv.slice(2)).then(code => process.exit(code))
