/** A real gateway process in a folder of its own, driven from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PATIENCE_MS } from './eventually.ts'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const mainFile = join(root, 'dist', 'main.js')
export const cliFile = join(root, 'dist', 'cli', 'main.cjs')

/** A file, or another process, tells nobody that it has changed. */
const LOOK_MS = 250

export interface LogLine {
  readonly event?: string
  readonly level: number
  readonly msg?: string
  readonly [key: string]: unknown
}

export interface GatewayOptions {
  readonly env?: Record<string, string>
  /** Files of the listener's folder, by name. An empty object is an empty folder; undefined is no folder. */
  readonly listener?: Record<string, string>
  /** Further files of the working directory. */
  readonly files?: Record<string, string>
  readonly folder?: string
  /** Extra words before main.js, such as prlimit's. */
  readonly command?: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  // What a test reads out of an answer is checked by its assertions.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

/** An environment without the WS_* variables of whoever runs the tests. */
export function cleanEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WS_'))
  return { ...(Object.fromEntries(own) as Record<string, string>), ...more }
}

/**
 * A new empty folder, removed when the test ends. The path is short, since sockets go below it. What still runs in it may
 * write until its own end.
 */
export function temporaryFolder(t: TestContext): string {
  const folder = newFolder()
  t.after(() => remove(folder))
  return folder
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'gw-'))
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

export function writeFiles(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

export class GatewayProcess {
  readonly folder: string
  readonly child: ChildProcess
  readonly lines: LogLine[] = []
  stderr = ''
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  #wake: (() => void)[] = []

  constructor(folder: string, options: GatewayOptions) {
    this.folder = folder
    const [program = process.execPath, ...words] = [...(options.command ?? []), process.execPath, mainFile]
    this.child = spawn(program, words, {
      cwd: folder,
      env: cleanEnvironment({ WS_PORT: '0', ...options.env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(this.child, 'close')
    this.exited = ended.then(([code, signal]) => ({ code, signal }))
    this.exited.finally(() => this.#told())
    if (this.child.stdout === null || this.child.stderr === null) throw new Error('no pipes')
    createInterface(this.child.stdout).on('line', line => {
      try {
        this.lines.push(JSON.parse(line))
      } catch {
        this.lines.push({ level: 0, msg: line })
      }
      this.#told()
    })
    this.child.stderr.on('data', chunk => {
      this.stderr += chunk
      this.#told()
    })
  }

  #told(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }

  /** Waits until something holds that the process's output decides; whatever else does is looked at now and then. */
  async until<T>(what: string, holds: () => T | undefined | false, withinMs = PATIENCE_MS): Promise<T> {
    const end = Date.now() + withinMs
    for (;;) {
      const value = holds()
      if (value !== undefined && value !== false) return value
      if (Date.now() > end || this.child.exitCode !== null) {
        const log = this.lines.map(line => JSON.stringify(line)).join('\n')
        throw new Error(`waited in vain for ${what}; exit ${this.child.exitCode}\n${this.stderr}\n${log}`)
      }
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#wake.push(resolve)
        timer = setTimeout(resolve, Math.min(LOOK_MS, Math.max(1, end - Date.now())))
      })
      clearTimeout(timer)
    }
  }

  /** Waits for a line of the log; those before `from` do not count. */
  line(match: (line: LogLine) => boolean, from = 0, withinMs?: number): Promise<LogLine> {
    return this.until('a log line', () => this.lines.slice(from).find(match), withinMs)
  }

  event(name: string, from = 0): Promise<LogLine> {
    return this.line(line => line.event === name, from)
  }

  get port(): number {
    const start = this.lines.findLast(line => line.event === 'gateway.start' && line.port !== undefined)
    if (start === undefined) throw new Error('the gateway has not started')
    return start.port as number
  }

  /** Waits for the next start's line, and gives its port. */
  async started(from: number): Promise<number> {
    const line = await this.line(l => l.event === 'gateway.start' && l.port !== undefined, from)
    return line.port as number
  }

  /** Waits for so many log lines of an event, and gives them. */
  events(name: string, count: number): Promise<LogLine[]> {
    return this.until(`${count} lines of ${name}`, () => {
      const found = this.lines.filter(line => line.event === name)
      return found.length >= count && found
    })
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get socket(): string {
    return join(this.folder, 'run', 'websocket.sock')
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    return callSocket(
      this.socket,
      method,
      path,
      text,
      text === undefined ? {} : { 'content-type': 'application/json' },
    )
  }

  push(body: unknown): Promise<Answer> {
    return this.call('POST', '/push', body)
  }

  /** WebSocket.log, line by line, as the file has it. */
  logFile(): LogLine[] {
    const text = readFileSync(join(this.folder, 'logs', 'WebSocket.log'), 'utf8')
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return this.exited
  }
}

/** One call of the control API. */
export function callSocket(
  socketPath: string,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = /json/.test(response.headers['content-type'] ?? '') && text !== ''
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: json ? JSON.parse(text) : text,
        })
      })
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** Starts a gateway process without waiting for it; it is killed when the test ends. */
export function spawnGateway(t: TestContext, options: GatewayOptions = {}): GatewayProcess {
  const folder = options.folder ?? newFolder()
  if (options.listener !== undefined) writeFiles(join(folder, 'listener'), options.listener)
  if (options.files !== undefined) writeFiles(folder, options.files)
  const gateway = new GatewayProcess(folder, options)
  t.after(async () => {
    await gateway.stop('SIGKILL')
    // Not before: a log whose folder is removed is made anew.
    if (options.folder === undefined) remove(folder)
  })
  return gateway
}

/** Starts a gateway process and waits until it listens (or, in another mode, until it says that it does not). */
export async function startGateway(t: TestContext, options: GatewayOptions = {}): Promise<GatewayProcess> {
  const gateway = spawnGateway(t, { listener: {}, ...options })
  await gateway.line(
    line => line.event === 'gateway.start' && (line.port !== undefined || line.mode !== undefined),
  )
  return gateway
}

/** The memory of a process, as the kernel counts it. */
export function residentBytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
