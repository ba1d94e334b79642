/** `gateway push -` and `--data -`: standard input as one stream of pushes, in bounded memory, for as long as it lasts. */
import { StringDecoder } from 'node:string_decoder'
import { isatty } from 'node:tty'
import { type Address, GatewayError, PushStream } from '../control/client.ts'
import { EXIT, UsageError } from './command.ts'
import { count } from './count.ts'
import { complain, print } from './output.ts'
import type { Recipients } from './push.ts'
import type { Progress } from './push-progress.ts'

const STDIN = 0
const STDERR = 2

/** Turns what is read into NDJSON, piece by piece. */
export interface Lines {
  take(bytes: Buffer): string | Buffer
  /** What is still to be written when no more is read. */
  end(): string
}

/** Each line of text becomes a push. Nothing is kept of a line, however long: it is written as it is read. */
export function textLines(recipients: Recipients): Lines {
  const decoder = new StringDecoder('utf8')
  const begin = `${JSON.stringify({ ...recipients, message: '' }).slice(0, -2)}`
  let isInLine = false
  // A carriage return is dropped if a line feed comes next.
  let hasReturn = false

  const part = (text: string): string => {
    const whole = (hasReturn ? '\r' : '') + text
    hasReturn = whole.endsWith('\r')
    const content = hasReturn ? whole.slice(0, -1) : whole
    if (content === '') return ''
    const start = isInLine ? '' : begin
    isInLine = true
    return start + JSON.stringify(content).slice(1, -1)
  }
  const finish = (): string => {
    const start = isInLine ? '' : begin
    isInLine = false
    hasReturn = false
    return `${start}"}\n`
  }

  return {
    take(bytes) {
      const [first = '', ...others] = decoder.write(bytes).split('\n')
      let out = part(first)
      for (const next of others) out += finish() + part(next)
      return out
    },
    end() {
      let out = part(decoder.end())
      if (hasReturn) {
        out += `${isInLine ? '' : begin}\\r`
        isInLine = true
      }
      return out + (isInLine ? finish() : '')
    },
  }
}

/**
 * Each line is an object already, and goes as it is.
 * @throws UsageError when recipients are given: they belong in the objects
 */
export function objectLines(recipients: Recipients): Lines {
  if (Object.keys(recipients).length > 0) {
    throw new UsageError(
      '--to, --group, --user and --except do not go with "--data -": put "connections", "groups", "users" and "except" into its objects',
    )
  }
  return { take: bytes => bytes, end: () => '' }
}

/**
 * Pushes standard input until it ends, or the gateway ends it.
 * @returns the exit code
 */
export async function pushLines(gateway: Address, lines: Lines, json: boolean): Promise<number> {
  const stream = await PushStream.open(gateway)
  const progress = await openProgress()
  const fed = feed(stream, lines, progress).then(() => stream.answered)
  let text: string
  try {
    // The answer may come first, while no further line does: then the program ends without one.
    text = (await Promise.race([stream.answered, fed])).text
    progress?.end()
  } catch (error) {
    progress?.end()
    const line = error instanceof GatewayError ? error.problem?.line : undefined
    if (!(error instanceof GatewayError) || typeof line !== 'number') throw error
    complain(`line ${line}: ${error.detail} (pushed before it: ${error.problem?.pushed})`)
    return EXIT.refused
  }
  const { pushed, recipients, failed } = JSON.parse(text)
  if (json) print(text)
  else print(`pushed ${count(pushed, 'message')}, to ${count(recipients, 'recipient')} in all\n`)
  if (failed === 0) return EXIT.done
  complain(`${count(failed, 'message')} failed in the listener; see the log (gateway logs)`)
  return EXIT.refused
}

/** On a terminal one likes to see how far it is; but not in between the lines that are typed there. */
async function openProgress(): Promise<Progress | undefined> {
  if (!isatty(STDERR) || isatty(STDIN)) return undefined
  const { Progress } = await import('./push-progress.ts')
  return new Progress()
}

async function feed(stream: PushStream, lines: Lines, progress: Progress | undefined): Promise<void> {
  for await (const chunk of process.stdin) {
    if (!(await stream.write(lines.take(chunk)))) return
    progress?.add(chunk)
  }
  await stream.write(lines.end())
  await stream.end()
}
