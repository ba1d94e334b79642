/** A terminal that is drawn as a whole, again and again: its other screen, its keys, its size. */
import { isatty } from 'node:tty'
import { print } from './output.ts'

const STDIN = 0
const STDOUT = 1

/** The other screen, no cursor, and long lines are cut instead of wrapped. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** What a terminal sends for the keys that are no characters; those with a shift or an application mode too. */
const KEYS: Readonly<Record<string, string>> = {
  '\u0003': 'ctrl-c',
  '\u001a': 'ctrl-z',
  '\u001b': 'escape',
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[C': 'right',
  '\u001bOC': 'right',
  '\u001b[D': 'left',
  '\u001bOD': 'left',
  '\u001b[5~': 'page up',
  '\u001b[6~': 'page down',
  '\u001b[H': 'home',
  '\u001b[1~': 'home',
  '\u001b[F': 'end',
  '\u001b[4~': 'end',
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what terminals send
const ONE_KEY = /\u001b(?:\[[\d;]*[A-Za-z~]|O[A-Z])?|[\s\S]/gu

const EXIT_BY_SIGNAL = { SIGTERM: 143, SIGHUP: 129 } as const
/** After Ctrl-Z the process stands still; this is over when it goes on. */
const AFTER_STOP_MS = 20
const FALLBACK = { rows: 24, columns: 80 } as const

/** Whether standard output is a terminal that can be drawn on. */
export function isDrawable(): boolean {
  return isatty(STDOUT) && process.env.TERM !== 'dumb'
}

export class Screen {
  /** Aborted when the user quits (q, Ctrl-C), or nobody is there any more. */
  readonly over: AbortSignal
  readonly #end = new AbortController()
  readonly #onKey: (key: string) => void
  readonly #redraw: () => void
  #isOpen = false

  /**
   * @param onKey told the character or name of each key but those that quit
   * @param redraw called when the size has changed, or the screen has to be drawn for another reason
   */
  constructor(onKey: (key: string) => void, redraw: () => void) {
    this.over = this.#end.signal
    this.#onKey = onKey
    this.#redraw = redraw
  }

  /** Takes the terminal. Whatever ends the process (an error and a signal too) gives it back. */
  open(): void {
    process.on('exit', () => this.close())
    // Before the error is told, which would stand on the screen that goes.
    process.prependListener('uncaughtException', () => this.close())
    process.once('SIGINT', () => this.#end.abort())
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(EXIT_BY_SIGNAL[signal]))
    }
    process.on('SIGCONT', () => this.#enter())
    process.stdout.on('resize', this.#redraw)
    process.stdout.on('error', () => this.#end.abort())
    if (isatty(STDIN)) {
      process.stdin.on('data', bytes => this.#typed(bytes.toString('latin1')))
      process.stdin.on('error', () => this.#end.abort())
      process.stdin.on('end', () => this.#end.abort())
    }
    this.#enter()
  }

  get rows(): number {
    return process.stdout.rows || FALLBACK.rows
  }

  get columns(): number {
    return process.stdout.columns || FALLBACK.columns
  }

  /** Shows these lines; those that are too many are not seen. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    const shown = lines.slice(0, this.rows).map(line => line + CLEAR_LINE)
    if (!print(`${HOME}${shown.join('\r\n')}${CLEAR_BELOW}`)) this.#end.abort()
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    print(LEAVE)
    if (isatty(STDIN)) process.stdin.setRawMode(false).pause()
  }

  #enter(): void {
    if (this.over.aborted) return
    this.#isOpen = true
    if (isatty(STDIN)) process.stdin.setRawMode(true).resume()
    print(ENTER)
    this.#redraw()
  }

  #typed(text: string): void {
    for (const [sent] of text.matchAll(ONE_KEY)) {
      const key = KEYS[sent] ?? sent
      if (key === 'q' || key === 'ctrl-c') this.#end.abort()
      else if (key === 'ctrl-z') this.#suspend()
      else this.#onKey(key)
    }
  }

  /** As the terminal itself does it when it is not read key by key. Where there is no shell to return to, it goes on. */
  #suspend(): void {
    this.close()
    process.kill(process.pid, 'SIGTSTP')
    setTimeout(() => this.#enter(), AFTER_STOP_MS)
  }
}
