/** A folder of real files, and a host that uses the listener in it. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListenerHost, type ListenerHostOptions } from '../../src/listener/host.ts'
import type { HookResult, Outcome } from '../../src/listener/listener.ts'
import type { CloseData, Connection, Gateway, ListenerData, OpenData } from '../../src/listener/types.ts'

/** One line of the log. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly event?: string
  readonly hook?: string
  readonly conn?: string
  readonly path?: string
  readonly generation?: number
  readonly ms?: number
  readonly err?: unknown
}

/**
 * Measures the time that this process has, and the host with it. What it does not get, while the machine does something
 * else, says nothing of either, and does not count.
 */
export class Stopwatch {
  ms = 0

  /** @param ms much less than what can be noticed; what is beyond is nobody's doing here */
  async sleep(ms: number): Promise<void> {
    const began = performance.now()
    await sleep(ms)
    this.ms += Math.min(performance.now() - began, ms + 50)
  }
}

export class Stage {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'listener-')))
  readonly root: string
  readonly lines: Line[] = []
  /** Shared by all versions, as in the gateway. */
  readonly state: Record<string, unknown> = {}
  readonly host: ListenerHost

  constructor(context: TestContext, options: Partial<ListenerHostOptions> = {}, root = '.') {
    this.root = join(this.folder, root)
    const note = (level: Line['level']) => (fields: object, message: string) => {
      this.lines.push({ level, message, ...fields })
    }
    const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
    this.host = new ListenerHost({
      path: this.root,
      names: names(),
      timeoutMs: 5000,
      pollMs: null,
      log,
      createGateway: signal => gatewayOf(signal, this.state),
      inUse: () => undefined,
      modules: {},
      ...options,
    })
    // A test that has failed must leave no watcher behind, or its process would not end.
    context.after(async () => {
      await this.host.stop()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  /** Writes files, by their paths below the folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true })
      writeFileSync(join(this.folder, name), text)
    }
  }

  at(name: string): string {
    return join(this.folder, name)
  }

  /** What the listener in use makes of a message; a fault comes back as it is. */
  say(message: string): unknown {
    const data = pushOf(message)
    return this.host.message(data) ?? data.message
  }

  /** The same for hooks that take time. */
  async sayAndWait(message: string): Promise<unknown> {
    const data = pushOf(message)
    return (await this.host.message(data)) ?? data.message
  }

  /** Resolves to how long it took, by the time that this process had. */
  async until(condition: () => boolean, what: string, ms = 10_000): Promise<number> {
    const watch = new Stopwatch()
    while (!condition()) {
      if (watch.ms > ms) throw new Error(`not within ${ms} ms: ${what}\n${this.#story()}`)
      await watch.sleep(5)
    }
    return watch.ms
  }

  /** Resolves when the listener answers so. */
  async answers(expected: unknown): Promise<number> {
    return await this.until(() => this.say('?') === expected, `the answer ${expected}`)
  }

  async fault(pattern: RegExp): Promise<number> {
    return await this.until(() => pattern.test(this.host.status.error ?? ''), `the fault ${pattern}`)
  }

  events(event: string): Line[] {
    return this.lines.filter(line => line.event === event)
  }

  /** Loads, and expects a fault; returns its message. */
  async startFault(): Promise<string> {
    await this.host.start()
    return this.host.status.error ?? 'no fault'
  }

  #story(): string {
    return JSON.stringify({ status: this.host.status, lines: this.lines.map(line => line.message) }, null, 1)
  }
}

/** The contract's second (`STRICT_TIMES=1`), or room for a machine that has other work. */
export const SECOND = process.env.STRICT_TIMES === '1' ? 1000 : 3000
/** So long after the start, no check is under way that would find a change by chance. */
export const CALM_MS = 120

/** A host that has loaded these files. */
export async function serving(
  t: TestContext,
  files: Record<string, string> = { 'listener.ts': answering('v1') },
  root = '.',
  options: Partial<ListenerHostOptions> = {},
): Promise<Stage> {
  const stage = new Stage(t, options, root)
  stage.write(files)
  await stage.host.start()
  assert.equal(stage.host.status.error, null)
  return stage
}

/** A listener whose onMessage answers with this text. */
export function answering(text: string): string {
  return `export const onMessage = data => { data.message = ${JSON.stringify(text)} }\n`
}

export function names(required = false): ListenerHostOptions['names'] {
  return {
    handshake: { name: 'onClientHandshake', required: false },
    open: { name: 'onClientOpen', required },
    close: { name: 'onClientClose', required },
    message: { name: 'onMessage', required },
  }
}

export function pushOf(message: string): ListenerData {
  return { message }
}

export function openOf(id: string): OpenData {
  return { conn: connectionOf(id), message: '' }
}

export function closeOf(id: string): CloseData {
  return { conn: connectionOf(id), message: '', code: 1000, reason: '' }
}

/** A hook's outcome, when it was synchronous. */
export function atOnce(result: HookResult): Outcome {
  if (result instanceof Promise) throw new Error('the hook took time')
  return result
}

function connectionOf(id: string): Connection {
  return {
    id,
    isOpen: true,
    openedAt: new Date(),
    state: {},
    request: {
      path: '/',
      query: '',
      headers: {},
      cookies: {},
      ip: '127.0.0.1',
      secure: false,
      protocol: '',
    },
    claims: undefined,
    user: undefined,
    info: undefined,
    groups: [],
    join: () => undefined,
    leave: () => undefined,
    renewToken: async () => undefined,
    send: () => undefined,
    close: () => undefined,
  }
}

function gatewayOf(signal: AbortSignal, state: Record<string, unknown>): Gateway {
  const none = new Map<string, Connection>()
  const nothing = (): void => undefined
  return {
    id: 'test',
    connections: { size: 0, get: id => none.get(id), [Symbol.iterator]: () => none.values() },
    group: name => ({ name, size: 0, members: [], [Symbol.iterator]: () => none.values() }),
    state,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    signal,
    push: async () => ({ recipients: 0 }),
  }
}
