/** A real redis-server in a folder of its own, that can be killed, paused and started again on the same port. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { certificate } from './certificate.ts'
import { eventually } from './eventually.ts'
import { missing } from './needs.ts'
import { freePort } from './ports.ts'

const SERVER = '/usr/bin/redis-server'
const CLI = '/usr/bin/redis-cli'

/** Why tests with Redis are skipped, or false. */
export const withoutRedis = missing(SERVER, 'redis-server') || missing(CLI, 'redis-tools')

export interface RedisOptions {
  readonly password?: string
  /** Speaks TLS alone, with a certificate that signs itself. */
  readonly tls?: boolean
  /** False keeps nothing over a restart. */
  readonly persistent?: boolean
  /** Further words on the command line. */
  readonly words?: readonly string[]
}

/** A word on the input of redis-cli: every byte that is not plain is written as `\xNN`. */
function quoted(word: string): string {
  const bytes = Array.from(Buffer.from(word), byte => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `"${bytes.join('')}"`
}

export class RedisServer {
  readonly folder: string
  readonly port: number
  /** The file of its certificate, which is its own authority. */
  readonly certificate: string | undefined
  readonly #options: RedisOptions
  readonly #words: readonly string[]
  #child: ChildProcess | undefined
  #paused = false

  constructor(folder: string, port: number, options: RedisOptions) {
    this.folder = folder
    this.port = port
    this.#options = options
    const { password, tls, persistent = true, words = [] } = options
    const files = tls ? certificate(folder, 'redis', { alternative: 'IP:127.0.0.1' }) : undefined
    this.certificate = files?.cert
    this.#words = [
      ...['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--daemonize', 'no', '--loglevel', 'warning'],
      ...['--appendonly', persistent ? 'yes' : 'no', '--appendfsync', 'everysec'],
      ...(files === undefined
        ? ['--port', `${port}`]
        : ['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no']),
      ...(files === undefined
        ? []
        : ['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', files.cert]),
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...words,
    ]
  }

  /** What WS_REDIS_URL takes. */
  get url(): string {
    const { password, tls } = this.#options
    const who = password === undefined ? '' : `:${encodeURIComponent(password)}@`
    return `${tls ? 'rediss' : 'redis'}://${who}127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const child = spawn(SERVER, this.#words, { stdio: 'ignore' })
    this.#child = child
    this.#paused = false
    await eventually('redis-server', async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      // After a restart it first reads its file, and says LOADING meanwhile.
      return (await this.command('PING')) === 'PONG'
    })
  }

  /** SIGKILL, as when the machine's power fails (but for what the kernel has already taken from it). */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** It stays connected and answers nobody. */
  pause(): void {
    this.#paused = true
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    if (this.#paused) this.#child?.kill('SIGCONT')
    this.#paused = false
  }

  /** Runs one command and gives its answer, parsed. An error of Redis rejects. */
  // What a test reads out of an answer is checked by its assertions.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  async command(...words: string[]): Promise<any> {
    return (await this.#run(words, undefined))[0]
  }

  /** Runs many, one after the other, over one connection. */
  async commands(list: readonly (readonly string[])[]): Promise<unknown[]> {
    return this.#run([], list.map(words => words.map(quoted).join(' ')).join('\n'))
  }

  async #run(words: readonly string[], input: string | undefined): Promise<unknown[]> {
    const { password } = this.#options
    const tls = this.certificate === undefined ? [] : ['--tls', '--cacert', this.certificate]
    const running = promisify(execFile)(
      CLI,
      ['-e', '--json', '-h', '127.0.0.1', '-p', `${this.port}`, ...tls, ...words],
      {
        env: { ...process.env, ...(password === undefined ? {} : { REDISCLI_AUTH: password }) },
        maxBuffer: 1 << 28,
      },
    )
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  }
}

/** A Redis that is not running yet, but has its port. It is ended, with its folder, when the test ends. */
export async function makeRedis(t: TestContext, options: RedisOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const redis = new RedisServer(folder, await freePort(), options)
  t.after(async () => {
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return redis
}

export async function startRedis(t: TestContext, options?: RedisOptions): Promise<RedisServer> {
  const redis = await makeRedis(t, options)
  await redis.start()
  return redis
}
