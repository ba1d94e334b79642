/** How far a stream of pushes is, in one line of the terminal. */

import { inWords } from '../time-text.ts'
import { grouped, perSecond } from './amounts.ts'
import { colours } from './colour.ts'
import { count } from './count.ts'
import { note } from './output.ts'

const LINE_FEED = 10
const STDERR = 2
const EVERY_MS = 250
/** The rate that is shown is that of the last looks, so many of them. */
const LOOKS = 8
const BACK_AND_CLEAR = '\r\u001b[K'
const BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const

export class Progress {
  readonly #began = performance.now()
  readonly #looks: { readonly at: number; readonly lines: number }[] = []
  readonly #isInPlace = process.env.TERM !== 'dumb'
  readonly #paint = colours(STDERR)
  readonly #timer: NodeJS.Timeout | undefined
  readonly #signals = Object.entries(BY_SIGNAL).map(([signal, code]) => ({
    signal,
    end: () => {
      this.end()
      process.exit(code)
    },
  }))
  #lines = 0
  /** Whether the last line that was read has no end yet. */
  #isOpen = false
  #isOver = false

  constructor() {
    this.#look()
    if (this.#isInPlace) this.#timer = setInterval(() => this.#show(), EVERY_MS)
    for (const { signal, end } of this.#signals) process.on(signal, end)
  }

  /** Counts what has been sent. */
  add(bytes: Buffer): void {
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) this.#lines++
    if (bytes.length > 0) this.#isOpen = bytes.at(-1) !== LINE_FEED
  }

  /** Replaces the line by the last one, which tells the whole. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#timer)
    for (const { signal, end } of this.#signals) process.off(signal, end)
    const lines = this.#lines + (this.#isOpen ? 1 : 0)
    const ms = performance.now() - this.#began
    const took = ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : inWords(ms)
    const rate = perSecond(lines / (ms / 1000))
    note(`${this.#isInPlace ? BACK_AND_CLEAR : ''}${this.#paint.dim(`${sent(lines)} in ${took}, ${rate}`)}\n`)
  }

  #show(): void {
    const { at, lines } = this.#look()
    const rate = (this.#lines - lines) / ((performance.now() - at) / 1000)
    const time = inWords(performance.now() - this.#began)
    note(`${BACK_AND_CLEAR}${this.#paint.dim(`${sent(this.#lines)}, ${perSecond(rate)}, ${time}`)}`)
  }

  /** @returns an earlier look, with which this one is compared */
  #look(): { readonly at: number; readonly lines: number } {
    const now = { at: performance.now(), lines: this.#lines }
    this.#looks.push(now)
    if (this.#looks.length > LOOKS) this.#looks.shift()
    return this.#looks[0] ?? now
  }
}

function sent(lines: number): string {
  return `${count(lines, 'message', grouped(lines))} sent`
}
