/** A program on a terminal of its own, for what is drawn there and typed. Takes Python. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { PATIENCE_MS } from './eventually.ts'
import { cleanEnvironment, cliFile, root } from './gateway.ts'
import { missing } from './needs.ts'

const PYTHON = '/usr/bin/python3'

/** Why tests on a terminal are skipped, or false. */
export const noTerminal = missing(PYTHON, 'python3')

export interface TerminalOptions {
  readonly cwd: string
  readonly env?: Record<string, string>
  readonly rows?: number
  readonly columns?: number
}

export interface TerminalEnd {
  /** Negative: the signal that ended it. */
  readonly code: number
  /** Whether the terminal was left as it was found. */
  readonly cooked: boolean
}

export class Terminal {
  /** All that was written to it, escape sequences and all. */
  out = ''
  readonly ended: Promise<TerminalEnd>
  readonly #child: ChildProcess
  readonly #orders: Writable

  constructor({ cwd, env, rows = 24, columns = 80 }: TerminalOptions, command: readonly string[]) {
    const words = [join(root, 'test', 'support', 'terminal.py'), String(rows), String(columns), ...command]
    const child = spawn(PYTHON, words, {
      cwd,
      env: { ...cleanEnvironment({ TERM: 'xterm-256color', NO_COLOR: '', FORCE_COLOR: '', ...env }) },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#orders = child.stdio[3] as Writable
    let told = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      this.out += text
    })
    child.stderr?.on('data', text => {
      told += text
    })
    // It may end before all that is typed has been read.
    for (const stream of [child.stdin, this.#orders]) stream?.on('error', () => undefined)
    this.ended = once(child, 'close').then(([code]) => JSON.parse(told || `{"code":${code},"cooked":false}`))
  }

  /** The lines of the last whole frame that was drawn, without their colours. */
  get screen(): string[] {
    const end = this.out.lastIndexOf('\u001b[J')
    const begin = this.out.lastIndexOf('\u001b[H', end)
    return linesOf(this.out.slice(begin + 3, end))
  }

  /** Types a text, or the bytes of keys. */
  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  resize(rows: number, columns: number): void {
    this.#orders.write(`size ${rows} ${columns}\n`)
  }

  signal(name: NodeJS.Signals): void {
    this.#orders.write(`signal ${constants.signals[name]}\n`)
  }

  /** Waits until something holds that what is written decides. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!holds()) {
      if (this.#child.stdout === null || this.#child.exitCode !== null || late.aborted) {
        throw new Error(`waited in vain for ${what}: ${JSON.stringify(this.out.slice(-3000))}`)
      }
      await once(this.#child.stdout, 'data', { signal: late }).catch(() => undefined)
    }
  }

  /** Waits until all that was written, or from a position on, matches. */
  prints(pattern: RegExp, from = 0): Promise<void> {
    return this.until(String(pattern), () => pattern.test(this.out.slice(from)))
  }

  /** Waits until a line of the last frame matches. */
  shows(pattern: RegExp): Promise<void> {
    return this.until(`${pattern} on the screen`, () => this.screen.some(line => pattern.test(line)))
  }

  /** Waits until a line of any frame matches, also of one that another has followed since. */
  showed(pattern: RegExp): Promise<void> {
    return this.until(`${pattern} on the screen for a moment`, () => {
      const [, ...frames] = this.out.split('\u001b[H')
      return frames.some(frame => linesOf(frame.split('\u001b[J', 1).join()).some(line => pattern.test(line)))
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** What stands on the lines of a frame, without its colours. */
function linesOf(frame: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  return frame.replaceAll(/\u001b\[[\d;]*[Km]/g, '').split(/\r+\n/)
}

/** Runs the command `gateway` on a terminal; it is killed when the test ends. */
export function terminal(t: TestContext, options: TerminalOptions, ...words: string[]): Terminal {
  return terminalWith(t, options, [process.execPath, cliFile, ...words])
}

/** The same for any program. */
export function terminalWith(t: TestContext, options: TerminalOptions, command: readonly string[]): Terminal {
  const made = new Terminal(options, command)
  t.after(() => made.kill())
  return made
}
