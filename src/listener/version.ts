/** One version of the listener: calls its hooks with a time limit, and logs and tells what goes wrong in them. */
import type { Event, Hooks } from './hooks.ts'
import { type HandshakeResult, type HookResult, ListenerFault, REFUSED, type Refusal } from './listener.ts'
import type { ListenerLog } from './log.ts'
import { asError, messageOf } from './thrown.ts'
import { isThenable, TimedOut, withinTime } from './time-limit.ts'
import type { Gateway, HandshakeData, ListenerData } from './types.ts'

export interface VersionOptions {
  readonly hooks: Hooks
  readonly timeoutMs: number
  readonly log: ListenerLog
  readonly createGateway: (signal: AbortSignal) => Gateway
}

export class Version {
  readonly hooks: Hooks
  readonly #timeoutMs: number
  readonly #log: ListenerLog
  readonly #gateway: Gateway
  readonly #use = new AbortController()

  constructor({ hooks, timeoutMs, log, createGateway }: VersionOptions) {
    this.hooks = hooks
    this.#timeoutMs = timeoutMs
    this.#log = log
    this.#gateway = createGateway(this.#use.signal)
  }

  /** Tells the hook of an event. A hook that is synchronous is answered for at once. */
  call(event: Event, data: ListenerData): HookResult {
    const hook = this.hooks[event]
    if (hook === undefined) return undefined
    let answer: unknown
    try {
      answer = hook.run.call(hook.self, data, this.#gateway)
      // The getter of a `then` may throw as well.
      if (answer === undefined || !isThenable(answer)) return undefined
    } catch (error) {
      return this.#fault(hook.name, error, data)
    }
    return withinTime(answer, this.#timeoutMs).then(nothing, error => this.#fault(hook.name, error, data))
  }

  /** Asks whether a client gets in. */
  handshake(data: HandshakeData): HandshakeResult {
    const hook = this.hooks.handshake
    if (hook === undefined) return undefined
    const decided = (answer: unknown): Refusal | undefined => (answer === false ? REFUSED : undefined)
    const failed = (error: unknown): Refusal => {
      const { kind } = this.#fault(hook.name, error, data)
      const refusal =
        kind === 'timeout' ? { status: 503, reason: 'the listener has not decided in time' } : REFUSED
      return { ...refusal, isFault: true }
    }
    try {
      const answer = hook.run.call(hook.self, data, this.#gateway)
      if (!isThenable(answer)) return decided(answer)
      return withinTime(answer, this.#timeoutMs).then(decided, failed)
    } catch (error) {
      return failed(error)
    }
  }

  /**
   * Runs `onLoad`.
   * @param stopping ends the wait for it
   * @throws what it threw, a ListenerFault when it took too long, or the reason of `stopping`
   */
  async load(stopping: AbortSignal): Promise<void> {
    const hook = this.hooks.load
    if (hook === undefined) return
    try {
      const answer = hook.run.call(hook.self, this.#gateway)
      if (isThenable(answer))
        await withinTime(answer, this.#timeoutMs, { signal: stopping, keepsAlive: true })
    } catch (error) {
      this.#use.abort()
      if (stopping.aborted) throw error
      const thrown = error instanceof TimedOut ? this.#late(hook.name) : error
      this.#tell(thrown, undefined)
      throw thrown
    }
  }

  /** Takes this version out of use: `gateway.signal`, then `onUnload`. */
  async retire(): Promise<void> {
    this.#use.abort()
    const hook = this.hooks.unload
    if (hook === undefined) return
    try {
      const answer = hook.run.call(hook.self, this.#gateway)
      if (isThenable(answer)) await withinTime(answer, this.#timeoutMs, { keepsAlive: true })
    } catch (error) {
      this.#fault(hook.name, error, undefined)
    }
  }

  /** Handles what the hook of this name has left behind as if the hook had thrown it. */
  reject(name: string, error: unknown, data: ListenerData): ListenerFault {
    return this.#fault(name, error, data)
  }

  #late(name: string): ListenerFault {
    const fault = new ListenerFault(
      'timeout',
      `${name} took longer than ${this.#timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`,
    )
    // The gateway's own frames would say nothing of the hook.
    fault.stack = `${fault.name}: ${fault.message}`
    return fault
  }

  #fault(name: string, thrown: unknown, data: ListenerData | undefined): ListenerFault {
    const fault =
      thrown instanceof TimedOut
        ? this.#late(name)
        : new ListenerFault('threw', `${name} failed: ${messageOf(thrown)}`, thrown)
    const told = fault.kind === 'timeout' ? fault : thrown
    this.#report(name, told, data, fault.message)
    this.#tell(told, data)
    return fault
  }

  /** Calls `onError`. Its own faults are logged and told to nobody, so that they cannot go in circles. */
  #tell(error: unknown, data: ListenerData | undefined): void {
    const hook = this.hooks.error
    if (hook === undefined) return
    const failed = (thrown: unknown): void => {
      const told = thrown instanceof TimedOut ? this.#late(hook.name) : thrown
      this.#report(hook.name, told, data, `${hook.name} failed: ${messageOf(told)}`)
    }
    try {
      const answer = hook.run.call(hook.self, error, data, this.#gateway)
      if (isThenable(answer)) withinTime(answer, this.#timeoutMs).catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  #report(hook: string, thrown: unknown, data: ListenerData | undefined, message: string): void {
    const conn = data?.conn?.id
    const fields = { event: 'listener.error', hook, ...(conn !== undefined && { conn }) }
    this.#log.error({ ...fields, err: asError(thrown) }, message)
  }
}

function nothing(): undefined {
  return undefined
}
