/** `gateway connect` in a pipe: lines in, messages out. */
import type { WebSocket } from 'ws'
import { pauseUntilOver } from '../until-over.ts'
import { EXIT } from './command.ts'
import { isGood, Session, type SessionOptions } from './connect-session.ts'
import { inputLines } from './input-lines.ts'
import { untilInterrupt } from './interrupt.ts'
import { complain, print } from './output.ts'
import { visible } from './visible.ts'

/**
 * Sends each line of standard input, and ends some time after the last.
 * @returns the exit code
 */
export async function pipe(
  socket: WebSocket,
  { waitMs, ...options }: SessionOptions & { readonly waitMs: number },
): Promise<number> {
  const over = new AbortController()
  const interrupt = untilInterrupt()
  interrupt.addEventListener('abort', () => over.abort())
  const session = new Session(
    socket,
    {
      message: text => print(`${text}\n`) || over.abort(),
      note: text => complain(text),
    },
    options,
  )
  session.closed.then(() => over.abort())
  const fed = feed(session, over.signal).then(() => pauseUntilOver(waitMs, over.signal))
  const ended = new Promise<void>(done => over.signal.addEventListener('abort', () => done()))
  await Promise.race([fed, ended])
  const closed = await session.end()
  if (isGood(closed)) return EXIT.done
  complain(visible(closed.text))
  return EXIT.refused
}

async function feed(session: Session, over: AbortSignal): Promise<void> {
  for await (const line of inputLines(process.stdin)) {
    if (over.aborted) return
    await session.send(line)
  }
}
