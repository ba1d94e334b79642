/** The listener as a module: loads it, calls its hooks, and brings each saved change into use. */
import { resolve } from 'node:path'
import { endCompiler } from './compiler.ts'
import { type Attempt, Follower, type Loader } from './follow.ts'
import type { HookNames } from './hooks.ts'
import {
  type HandshakeResult,
  type HookResult,
  type ListenerFault,
  ListenerLoadError,
  type ListenerPort,
  type ListenerStatus,
  type PresenceEvent,
} from './listener.ts'
import type { ListenerLog } from './log.ts'
import { unlessNewer } from './newer.ts'
import { sameContent } from './snapshot.ts'
import { passesThroughListener } from './stack.ts'
import type { CloseData, Gateway, GroupData, HandshakeData, ListenerData, OpenData } from './types.ts'
import { Versions } from './versions.ts'

export interface ListenerHostOptions {
  /** `WS_LISTENER`, absolute or relative to the working directory. */
  readonly path: string
  readonly names: HookNames
  /** How long a hook's promise may take. */
  readonly timeoutMs: number
  /** Watches by polling at this interval; null watches natively. */
  readonly pollMs: number | null
  readonly log: ListenerLog
  /** Makes the gateway that one version of the listener sees. */
  readonly createGateway: (signal: AbortSignal) => Gateway
  /** Told each time that a version has come into use. */
  readonly inUse: () => void
  /** What imports of the gateway's own package resolve to, by name; what is not given is an empty module. */
  readonly modules: Readonly<Record<string, object>>
}

/** A listener imports types from these, if anything; they are there without the package too. */
const ownModules = { 'websocket-gateway': {}, 'websocket-gateway/client': {} }

/** So often a load that was asked for starts again because the files were saved meanwhile. */
const TRIES = 3

export class ListenerHost implements ListenerPort {
  readonly #root: string
  readonly #options: ListenerHostOptions
  readonly #versions: Versions
  #session: AbortController | undefined
  #follower: Follower | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: ListenerHostOptions) {
    this.#root = resolve(options.path)
    this.#options = { ...options, modules: { ...ownModules, ...options.modules } }
    this.#versions = new Versions(this.#root, this.#options)
  }

  get ready(): boolean {
    return this.#versions.ready
  }

  get status(): ListenerStatus {
    return this.#versions.status
  }

  async start(): Promise<void> {
    if (this.#session !== undefined) return
    const session = new AbortController()
    this.#session = session
    await this.#inTurn(async () => {
      if (session.signal.aborted) return
      const attempt = await this.#attemptNow(session.signal)
      if (attempt.error !== undefined) {
        await this.#versions.fallBack(session.signal)
        if (!session.signal.aborted) this.#versions.report(attempt, true)
      }
      if (!session.signal.aborted) this.#follower = this.#follow(session.signal)
    })
  }

  async stop(): Promise<void> {
    this.#session?.abort(new ListenerLoadError('the gateway has stopped'))
    this.#session = undefined
    await this.#inTurn(async () => {
      this.#follower?.close()
      this.#follower = undefined
      await this.#versions.retire()
      await endCompiler()
    })
  }

  async reload(): Promise<void> {
    const session = this.#session
    if (session === undefined) throw new ListenerLoadError('the gateway is stopped')
    await this.#inTurn(async () => {
      session.signal.throwIfAborted()
      const attempt = await this.#attemptNow(session.signal)
      session.signal.throwIfAborted()
      if (attempt.error === undefined) return
      this.#versions.report(attempt, true)
      throw attempt.error
    })
  }

  get isDefault(): boolean {
    return this.#versions.isDefault
  }

  get vets(): boolean {
    return this.#versions.vets
  }

  handshake(data: HandshakeData): HandshakeResult {
    return this.#versions.handshake(data)
  }

  open(data: OpenData): HookResult {
    return this.#versions.call('open', data)
  }

  close(data: CloseData): HookResult {
    return this.#versions.call('close', data)
  }

  message(data: ListenerData): HookResult {
    return this.#versions.call('message', data)
  }

  presence(event: PresenceEvent, data: GroupData): HookResult {
    return this.#versions.call(event, data)
  }

  reject(error: unknown, data: ListenerData, hook: 'message' | 'handshake' = 'message'): ListenerFault {
    return this.#versions.reject(error, data, hook)
  }

  owns(stack: string): boolean {
    return passesThroughListener(stack)
  }

  #follow(stopping: AbortSignal): Follower {
    const versions = this.#versions
    const loader: Loader = {
      get snapshot() {
        return versions.snapshot
      },
      attempt: (patient, again) =>
        this.#inTurn(async () => {
          const { snapshot } = versions
          // A reload that was asked for may have been quicker.
          const isLoaded = !again && (await sameContent(this.#root, snapshot))
          return isLoaded ? { snapshot } : this.#attempt(patient, stopping)
        }),
      report: attempt => versions.report(attempt),
      restored: () => versions.restored(),
    }
    return new Follower(this.#root, this.#options.pollMs, loader, this.#options.log)
  }

  #attempt(patient: boolean, stopping: AbortSignal): Promise<Attempt> {
    const versions = this.#versions
    return unlessNewer(
      this.#root,
      () => versions.snapshot,
      newer => versions.attempt(patient, AbortSignal.any([stopping, newer])),
    )
  }

  /** A load that somebody waits for. */
  async #attemptNow(stopping: AbortSignal): Promise<Attempt> {
    for (let tries = 1; ; tries++) {
      const attempt = await this.#attempt(false, stopping)
      if (attempt.error === undefined || tries === TRIES || stopping.aborted) return attempt
      if (await sameContent(this.#root, attempt.snapshot)) return attempt
    }
  }

  /** One load at a time: start, stop, each reload and each saved change. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }
}
