/** The listener's versions: the one in use, the last good one, and what came of the newest on the disk. */

import { findListener } from './find.ts'
import type { Attempt } from './follow.ts'
import { type Event, type Hooks, type NamedEvent, namesOf } from './hooks.ts'
import type { ListenerHostOptions } from './host.ts'
import {
  type HandshakeResult,
  type HookResult,
  ListenerFault,
  ListenerLoadError,
  type ListenerStatus,
} from './listener.ts'
import { type Compiled, compileWritten, evaluate, type FoundFile, loadError } from './load.ts'
import { bare, contentKey, type Snapshot } from './snapshot.ts'
import { markBundle } from './stack.ts'
import { messageOf } from './thrown.ts'
import type { HandshakeData, ListenerData } from './types.ts'
import { Version } from './version.ts'

/** In place of a version, where the folder holds no listener: everything goes to everyone. */
const DEFAULT = 'default'

const events: readonly NamedEvent[] = ['handshake', 'open', 'close', 'message']

export class Versions {
  readonly #root: string
  readonly #options: ListenerHostOptions
  #snapshot: Snapshot
  #inUse: Version | typeof DEFAULT | undefined
  #good: Compiled | undefined
  #loadedAt: Date | null = null
  #generation = 0
  /** What is wrong with the newest content. */
  #fault: string | null = null
  /** What has become of the file that this content was read from. */
  #gone: string | null = null
  #reported = ''
  readonly #retiring = new Set<Promise<void>>()

  /** @param root the absolute path of `WS_LISTENER` */
  constructor(root: string, options: ListenerHostOptions) {
    this.#root = root
    this.#options = options
    this.#snapshot = bare({ kind: 'missing', path: root, reason: 'not looked for yet' })
  }

  get ready(): boolean {
    return this.#inUse !== undefined
  }

  get status(): ListenerStatus {
    return {
      path: this.#inUse instanceof Version && this.#good !== undefined ? this.#good.path : this.#root,
      loadedAt: this.#inUse instanceof Version ? this.#loadedAt : null,
      generation: this.#generation,
      error: this.#gone ?? this.#fault,
    }
  }

  /** What the last attempt has read. */
  get snapshot(): Snapshot {
    return this.#snapshot
  }

  get isDefault(): boolean {
    return this.#inUse === DEFAULT
  }

  /** Whether the version in use asks each client that wants to come in. */
  get vets(): boolean {
    return this.#inUse instanceof Version && this.#inUse.hooks.handshake !== undefined
  }

  /** Asks the version in use whether a client gets in. */
  handshake(data: HandshakeData): HandshakeResult {
    if (this.#inUse instanceof Version) return this.#inUse.handshake(data)
    return this.#inUse === DEFAULT ? undefined : { status: 503, reason: 'no listener is in use' }
  }

  /** Calls a hook of the version in use. */
  call(event: Event, data: ListenerData): HookResult {
    if (this.#inUse instanceof Version) return this.#inUse.call(event, data)
    // Without a listener that should be there, nothing may be sent to anyone.
    return this.#inUse === DEFAULT ? undefined : new ListenerFault('threw', 'no listener is in use')
  }

  /** What a hook left behind cannot be used. */
  reject(error: unknown, data: ListenerData, hook: NamedEvent): ListenerFault {
    const { name } = this.#options.names[hook]
    if (this.#inUse instanceof Version) return this.#inUse.reject(name, error, data)
    return new ListenerFault('threw', messageOf(error), error)
  }

  /**
   * Loads what is on the disk and brings it into use. Never throws, and reports no fault.
   * @param patient whether a version that looks half-written is left for later
   * @param stopping ends the wait for `onLoad`, and the version with it
   */
  async attempt(patient: boolean, stopping: AbortSignal): Promise<Attempt> {
    const began = performance.now()
    const found = await findListener(this.#root)
    if (found.kind === 'file') return await this.#attemptFile(found, began, patient, stopping)
    const snapshot = bare(found)
    if (found.kind === 'none' && this.#good === undefined) {
      this.#snapshot = snapshot
      this.#useDefault(found.reason)
      return { snapshot }
    }
    // While something is in use, what it was made of is kept: the same content may come back.
    if (this.#inUse === undefined && this.#good === undefined) this.#snapshot = snapshot
    return { snapshot, error: loadError(new ListenerLoadError(found.reason)) }
  }

  /** Takes the last good version into use again, when the newest one cannot be. */
  async fallBack(stopping: AbortSignal): Promise<void> {
    const good = this.#good
    if (good === undefined || this.#inUse !== undefined) return
    try {
      await this.#bring(good, evaluate(good, this.#options.names), stopping)
      this.#options.log.warn(
        { event: 'listener.load', path: good.path, generation: this.#generation },
        'the last good listener is in use',
      )
    } catch (error) {
      if (stopping.aborted) return
      const { message } = loadError(error, 'the last good listener cannot be used either: ')
      this.#options.log.error({ event: 'listener.error', path: good.path, err: error }, message)
    }
  }

  /** The attempt's fault is there to stay. It is logged once for each content, unless somebody has asked. */
  report({ snapshot, error }: Attempt, asked = false): void {
    if (error === undefined) return
    // A listener that is there and bad ends the default behaviour; a folder that is gone does not.
    const { kind, path } = snapshot.found
    if (this.#inUse === DEFAULT && (kind === 'file' || kind === 'unusable')) this.#inUse = undefined
    if (snapshot === this.#snapshot) {
      this.#fault = error.message
      this.#gone = null
    } else {
      this.#gone = error.message
    }
    const key = `${contentKey(snapshot)} ${error.message}`
    if (key === this.#reported && !asked) return
    this.#reported = key
    const err = error.cause ?? error
    this.#options.log.error({ event: 'listener.error', path, err }, `${error.message}; ${this.#standing()}`)
  }

  /** The disk says again what the last attempt has read. */
  restored(): void {
    if (this.#gone === null) return
    this.#gone = null
    this.#reported = ''
    this.#options.log.info({ event: 'listener.load', path: this.status.path }, 'the listener is there again')
  }

  /** Takes the version in use out of use, and waits for each `onUnload` that is under way. */
  async retire(): Promise<void> {
    const old = this.#inUse
    this.#inUse = undefined
    if (old instanceof Version) this.#retire(old)
    await Promise.all(this.#retiring)
  }

  async #attemptFile(
    found: FoundFile,
    began: number,
    patient: boolean,
    stopping: AbortSignal,
  ): Promise<Attempt> {
    const compilation = await compileWritten(found, this.#options.modules, this.#snapshot)
    const { snapshot } = compilation
    this.#snapshot = snapshot
    if ('error' in compilation) return compilation
    const { compiled } = compilation
    try {
      const hooks = evaluate(compiled, this.#options.names)
      if (patient && this.#looksHalfWritten(hooks)) return { snapshot, doubtful: true }
      await this.#bring(compiled, hooks, stopping)
      this.#generation++
      this.#loaded(compiled, hooks, began)
      return { snapshot }
    } catch (error) {
      return { snapshot, error: loadError(error) }
    }
  }

  /** The first half of a listener may well be a valid module, and would let everything through. */
  #looksHalfWritten(hooks: Hooks): boolean {
    const before = this.#inUse instanceof Version ? this.#inUse.hooks : {}
    return events.some(event => before[event] && !hooks[event]) || events.every(event => !hooks[event])
  }

  /** Readies a version and swaps it in; the old one serves until then. */
  async #bring(compiled: Compiled, hooks: Hooks, stopping: AbortSignal): Promise<void> {
    const { timeoutMs, log, createGateway } = this.#options
    const version = new Version({ hooks, timeoutMs, log, createGateway })
    try {
      await version.load(stopping)
    } catch (error) {
      throw loadError(error, 'onLoad failed: ')
    }
    if (stopping.aborted) {
      this.#retire(version)
      throw loadError(stopping.reason)
    }
    const old = this.#inUse
    this.#inUse = version
    this.#loadedAt = new Date()
    if (this.#good !== undefined) markBundle(this.#good.name, false)
    this.#good = compiled
    markBundle(compiled.name, true)
    if (old instanceof Version) this.#retire(old)
    this.#options.inUse()
  }

  #loaded({ path }: Compiled, hooks: Hooks, began: number): void {
    this.#clearFaults()
    const { log } = this.#options
    const ms = Math.round(performance.now() - began)
    const generation = this.#generation
    log.info(
      { event: 'listener.load', path, generation, ms, hooks: namesOf(hooks) },
      'the listener is in use',
    )
    const handled = events.filter(event => event !== 'handshake')
    if (handled.some(event => hooks[event])) return
    const names = handled.map(event => this.#options.names[event].name).join(', ')
    log.warn(
      { event: 'listener.load', path },
      `the listener has none of the functions ${names}: every message goes to everyone`,
    )
  }

  #standing(): string {
    if (this.#inUse === undefined) return 'nobody gets in'
    return this.#inUse === DEFAULT ? 'every message goes to everyone' : 'the last good version stays in use'
  }

  #useDefault(reason: string): void {
    this.#clearFaults()
    if (this.#inUse === DEFAULT) return
    this.#inUse = DEFAULT
    this.#options.log.warn(
      { event: 'listener.load', path: this.#root },
      `${reason}: every message goes to everyone until one appears`,
    )
  }

  #clearFaults(): void {
    this.#fault = null
    this.#gone = null
    this.#reported = ''
  }

  /** Traffic does not wait for it; `retire` does. */
  #retire(version: Version): void {
    const retiring = version.retire().finally(() => this.#retiring.delete(retiring))
    this.#retiring.add(retiring)
  }
}
