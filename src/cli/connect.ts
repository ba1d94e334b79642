/** `gateway connect`: a small client for the terminal and for pipes. */
import { isatty } from 'node:tty'
import { parseArgs } from 'node:util'
import { ADDRESS_HELP, type Command, secondsOf, UsageError } from './command.ts'
import { isDrawable } from './screen.ts'

const STDIN = 0
const DEFAULT_WAIT_S = '1'
const LONGEST_WAIT_S = 2_000_000
/** What a subprotocol, and a header's name, are made of (RFC 9110 §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

const OPTIONS = {
  id: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  protocol: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true },
  binary: { type: 'boolean' },
  ping: { type: 'boolean' },
  wait: { type: 'string' },
  insecure: { type: 'boolean' },
} as const

export const connect: Command = {
  summary: 'connect like a browser: send lines, show what arrives',
  usage:
    '[URL | PATH] [--token T] [--protocol P]… [--header H]… [--binary] [--ping] [--wait SECONDS] [--insecure] [--id ID | --url URL]',
  options: OPTIONS,
  help: `
Connects to a WebSocket URL; without one, or with a path such as /chat, to the gateway itself. On a terminal each
line that you type is sent, and what arrives is shown behind "<"; Ctrl-C or Ctrl-D ends. In a pipe each line of
standard input is sent, what arrives goes to standard output as it is, and all else to standard error.

  --token T      shows this token, as browsers do: as the subprotocols "bearer" and T (see gateway token)
  --protocol P   offers this subprotocol; may be repeated
  --header H     sends this header with the handshake, such as 'Origin: https://example.com'; may be repeated
  --binary       shows binary messages in hex
  --ping         sends a ping at once and every 5 seconds, and shows how long its answer took
  --wait S       in a pipe: waits so many seconds for answers after the last line (default: ${DEFAULT_WAIT_S})
  --insecure     takes any TLS certificate
${ADDRESS_HELP}

Exit codes: 0 ended by you, or closed with 1000; 1 refused, or closed with another code; 3 nobody is there.

Examples:
  gateway connect
  gateway connect /chat --token "$(gateway token --user anna)"
  echo hello | gateway connect wss://example.com/chat --wait 5`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
    const [given, ...others] = positionals
    if (others.length > 0) throw new UsageError('connect takes one URL')
    const waitMs = secondsOf('--wait', values.wait ?? DEFAULT_WAIT_S, 0, LONGEST_WAIT_S)
    const protocols = [
      ...(values.token === undefined ? [] : ['bearer', readToken(values.token)]),
      ...(values.protocol ?? []).map(readProtocol),
    ]
    if (new Set(protocols).size < protocols.length) {
      throw new UsageError('each subprotocol can be offered once')
    }
    const headers = Object.fromEntries((values.header ?? []).map(readHeader))
    const { urlToConnect } = await import('./connect-url.ts')
    const url = await urlToConnect(given, values)
    const { openSocket } = await import('./connect-open.ts')
    const socket = await openSocket(url, { protocols, headers, isInsecure: values.insecure === true })
    const options = { isBinaryShown: values.binary === true, pings: values.ping === true }
    if (isatty(STDIN) && isDrawable()) {
      const { talk } = await import('./connect-terminal.ts')
      return talk(socket, options)
    }
    const { pipe } = await import('./connect-pipe.ts')
    return pipe(socket, { ...options, waitMs })
  },
}

function readToken(token: string): string {
  // The token itself is not repeated.
  if (!TOKEN.test(token)) throw new UsageError('--token takes a token of letters, digits, ".", "_" and "-"')
  return token
}

function readProtocol(protocol: string): string {
  if (TOKEN.test(protocol)) return protocol
  throw new UsageError(`--protocol takes a subprotocol without blanks, got ${JSON.stringify(protocol)}`)
}

function readHeader(header: string): [name: string, value: string] {
  const colon = header.indexOf(':')
  const [name, value] = [header.slice(0, colon), header.slice(colon + 1).trim()]
  if (colon < 1 || !TOKEN.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new UsageError(`--header takes 'Name: value', got ${JSON.stringify(header)}`)
  }
  return [name, value]
}
