/** What may stand behind `websocket-gateway` on the command line: nothing that sets anything. */
import { version } from './version.ts'

const HELP = `Usage: websocket-gateway

Runs the WebSocket gateway in the foreground, in this folder: listener/ decides who gets what, logs/ and run/ are
its own. It takes its settings from WS_* variables of the environment and of a file .env; \`gateway config\` shows
them. SIGTERM and SIGINT end it. The command \`gateway\` talks to it.

  websocket-gateway --version   prints the version
`

/** Exit status of wrong usage, as of the command `gateway`. */
const EXIT_USAGE = 2

/**
 * Ends the process when words were given: it explains itself, or refuses what would have no effect.
 * @param words those behind the program's name
 */
export function withoutWords(words: readonly string[]): void {
  const [word] = words
  if (word === undefined) return
  if (word === '--help' || word === '-h') process.stdout.write(HELP)
  else if (word === '--version') process.stdout.write(`${version()}\n`)
  else {
    process.stderr.write(
      `websocket-gateway: got ${JSON.stringify(word)}, takes nothing: settings are WS_* variables, and \`gateway\` is the command that talks to a gateway\n`,
    )
    process.exit(EXIT_USAGE)
  }
  process.exit(0)
}
