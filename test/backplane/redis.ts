/** A Redis of a test's own, which it may kill, pause and start again; and a way to it that can be cut. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/gateway.ts'
import { missing } from '../support/needs.ts'
import { freePort } from '../support/ports.ts'

const run = promisify(execFile)

/** Why tests with Redis are skipped, or false. */
export const skip = missing('/usr/bin/redis-server', 'redis-server')

export class TestRedis {
  readonly port: number
  readonly #folder: string
  readonly #words: readonly string[]
  #child: ChildProcess | undefined

  constructor(port: number, folder: string, words: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#words = words
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it, with what its folder holds; further words are settings for this time. */
  async start(...more: string[]): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder]
    this.#child = spawn('/usr/bin/redis-server', [...words, ...this.#words, ...more], { stdio: 'ignore' })
    for (let i = 0; i < 500; i++) {
      if ((await this.ask('PING').catch(() => '')) === 'PONG') return
      await wait(20)
    }
    throw new Error('redis-server does not start')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  go(): void {
    this.#child?.kill('SIGCONT')
  }

  async ask(...words: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...words], { maxBuffer: 1 << 28 })
    return stdout.trimEnd()
  }
}

/** Starts a Redis that keeps nothing, unless `words` say otherwise. */
export async function startRedis(t: TestContext, ...words: string[]): Promise<TestRedis> {
  const redis = new TestRedis(await freePort(), temporaryFolder(t), ['--save', '', ...words])
  t.after(() => redis.kill())
  await redis.start()
  return redis
}

/** A way to Redis for one node, which can be cut while the others have theirs. */
export class Way {
  readonly #sockets = new Set<Socket>()
  #isOpen = true
  port = 0

  async listen(t: TestContext, to: number): Promise<this> {
    const server = createServer(client => {
      if (!this.#isOpen) return void client.destroy()
      const redis = connect(to, '127.0.0.1')
      for (const [one, other] of [
        [client, redis],
        [redis, client],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.port = address.port
    t.after(() => {
      this.cut()
      server.close()
    })
    return this
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isOpen = true
  }
}

/** Waits until something holds that only asking shows. */
export async function eventually<T>(
  what: string,
  holds: () => Promise<T | undefined | false>,
  withinMs = 10_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const value = await holds()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await wait(50)
  }
}
