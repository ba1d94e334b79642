#!/usr/bin/env node
/**
 * The command `gateway`. What is called often is built into this file, which is small, so that a push costs little more
 * than Node itself; all else is in another file, which is read when it is asked for.
 */
import type { Commands } from './commands.ts'
import { run } from './run.ts'

const OFTEN: Commands = {
  push: async () => (await import('./push.ts')).push,
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
  const load = Object.hasOwn(OFTEN, name) ? OFTEN[name] : undefined
  if (load !== undefined && !asksForHelp(args)) return run(name, args, load)
  const { runAny } = await import('./all.ts')
  return runAny(name, args, asksForHelp(args))
}

function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--')
  const options = end === -1 ? args : args.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

process.on('uncaughtException', async error => {
  let code = 1
  try {
    code = (await import('./report.ts')).report(error, '')
  } finally {
    // Also when it cannot be told, such as on a full disk: that must not be an uncaught exception in turn.
    process.exit(code)
  }
})
// Everything has been written by then, so nothing is cut off. No await: it is built as CommonJS.
main(process.argv.slice(2)).then(code => process.exit(code))
