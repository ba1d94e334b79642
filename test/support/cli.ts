/** The command `gateway` as a process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { PATIENCE_MS } from './eventually.ts'
import { cleanEnvironment, cliFile } from './gateway.ts'

export interface CliOptions {
  /** The working directory. */
  readonly cwd: string
  readonly env?: Record<string, string>
  /** What stands on standard input; nothing at all when left out. */
  readonly input?: string | Buffer
  /** Words before the command's file, such as Node's options. */
  readonly node?: readonly string[]
}

export interface CliResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs it to its end. */
export async function cli(options: CliOptions, ...words: string[]): Promise<CliResult> {
  const running = new RunningCli(options, words)
  running.child.stdin?.end(options.input)
  return running.ended
}

/** Starts it, for a test that follows what it prints. It is killed when the test ends. */
export function startCli(t: TestContext, options: CliOptions, ...words: string[]): RunningCli {
  const running = new RunningCli(options, words)
  t.after(() => running.child.kill('SIGKILL'))
  return running
}

export class RunningCli {
  readonly child: ChildProcess
  readonly ended: Promise<CliResult>
  out = ''
  err = ''

  constructor({ cwd, env, node = [] }: CliOptions, words: readonly string[]) {
    this.child = spawn(process.execPath, [...node, cliFile, ...words], { cwd, env: cleanEnvironment(env) })
    this.child.stdout?.on('data', chunk => {
      this.out += chunk
    })
    this.child.stderr?.on('data', chunk => {
      this.err += chunk
    })
    // It may end before it has read all of its input.
    this.child.stdin?.on('error', () => undefined)
    this.ended = once(this.child, 'close').then(([code]) => ({ code, out: this.out, err: this.err }))
  }

  /** Waits until what it has printed, or printed from a position on, matches. */
  async prints(pattern: RegExp, from = 0): Promise<string> {
    await this.#until(this.child.stdout, () => pattern.test(this.out.slice(from)))
    return this.out
  }

  /** Waits until what it has said on standard error matches. */
  async says(pattern: RegExp): Promise<string> {
    await this.#until(this.child.stderr, () => pattern.test(this.err))
    return this.err
  }

  async #until(stream: Readable | null, holds: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!holds()) {
      if (stream === null) throw new Error('no pipe')
      await once(stream, 'data', { signal: late })
    }
  }
}
