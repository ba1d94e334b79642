/** `gateway --help`, `gateway COMMAND --help`, and what is no command. */
import { readFileSync } from 'node:fs'
import { nearest } from '../config/nearest.ts'
import { type Command, EXIT, NoCommandError } from './command.ts'
import { COMMANDS, GROUPS } from './commands.ts'
import { print } from './output.ts'

/** Explains one command. */
export function explain(name: string, { usage, summary, help }: Command): number {
  print(`Usage: gateway ${name}${usage && ` ${usage}`}\n\n${summary}\n\n${help.replace(/^\n|\n$/g, '')}\n`)
  return EXIT.done
}

/**
 * What stands where a command belongs is none.
 * @throws NoCommandError
 */
export async function withoutCommand(name: string, args: string[]): Promise<number> {
  const asked = name === 'help' ? (args[0] ?? '') : ''
  const load = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined
  if (load !== undefined) return explain(asked, await load())
  if (name === '--version') {
    print(`${version()}\n`)
    return EXIT.done
  }
  if (name === '' || name === '--help' || name === '-h' || (name === 'help' && asked === '')) {
    print(await overview())
    return name === '' ? EXIT.usage : EXIT.done
  }
  const wrong = asked || name
  if (wrong.startsWith('-')) throw new NoCommandError(`unknown option ${wrong}`)
  const near = nearest(wrong, Object.keys(COMMANDS))
  throw new NoCommandError(
    `there is no command ${JSON.stringify(wrong)}${near ? `; did you mean ${near}?` : ''}`,
  )
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}

async function overview(): Promise<string> {
  const parts: string[] = []
  for (const [title, commands] of Object.entries(GROUPS)) {
    parts.push(`\n${title}:`)
    for (const [name, load] of Object.entries(commands)) {
      parts.push(`  ${name.padEnd(13)}${(await load()).summary}`)
    }
  }
  return `Usage: gateway COMMAND

Talks to a WebSocket gateway over its control socket.
${parts.join('\n')}

  gateway COMMAND --help   tells more of one
  gateway --version        prints the version

--id ID addresses another gateway in the same control folder (WS_CONTROL_DIR), --url URL one whose control API
is on TCP (WS_CONTROL_PORT), with the token of WS_CONTROL_TOKEN.
Colours are for terminals alone, and for none with NO_COLOR; FORCE_COLOR has them in a pipe as well.
Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no gateway there, 78 bad configuration.
`
}
