/** `gateway connect` on a terminal: what is typed is sent, what arrives is shown above the line that is typed. */
import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline'
import type { WebSocket } from 'ws'
import { colours } from './colour.ts'
import { EXIT } from './command.ts'
import { isGood, Session, type SessionOptions } from './connect-session.ts'
import { visible } from './visible.ts'

const PROMPT = '> '
const HISTORY = 100

/**
 * Talks until one side ends it.
 * @returns the exit code
 */
export async function talk(socket: WebSocket, options: SessionOptions): Promise<number> {
  const { stdin: input, stdout: output } = process
  const paint = colours(1)
  const typed = createInterface({ input, output, prompt: PROMPT, historySize: HISTORY })

  let isOver = false
  /** Puts a line above the one that is being typed. */
  function show(line: string): void {
    if (isOver) {
      output.write(`${line}\n`)
      return
    }
    moveCursor(output, 0, -typed.getCursorPos().rows)
    cursorTo(output, 0)
    clearScreenDown(output)
    output.write(`${line}\n`)
    typed.prompt(true)
  }

  const chosen = socket.protocol === '' ? '' : `, subprotocol ${socket.protocol}`
  const where = visible(socket.url.replace(/\?.*/, '?…'))
  output.write(`${paint.dim(`connected to ${where}${chosen}; Ctrl-C ends`)}\n`)
  typed.prompt()
  const session = new Session(
    socket,
    {
      message: text => show(`${paint.cyan('<')} ${visible(text)}`),
      note: text => show(paint.dim(`(${visible(text)})`)),
    },
    options,
  )
  typed.on('line', line => {
    session.send(line)
    typed.prompt()
  })
  typed.on('SIGINT', () => typed.close())
  typed.on('close', () => {
    if (isOver) return
    isOver = true
    output.write('\n')
    session.end()
  })
  const closed = await session.closed
  if (!isOver) {
    show(paint.yellow(visible(closed.text)))
    isOver = true
    cursorTo(output, 0)
    clearScreenDown(output)
    typed.close()
  }
  return isGood(closed) ? EXIT.done : EXIT.refused
}
