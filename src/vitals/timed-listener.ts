/** A listener whose hooks' times are taken; to all others it is the listener itself. */
import type {
  HandshakeResult,
  HookResult,
  ListenerFault,
  ListenerPort,
  ListenerStatus,
  PresenceEvent,
} from '../listener/listener.ts'
import type { CloseData, GroupData, HandshakeData, ListenerData, OpenData } from '../listener/types.ts'
import { Durations } from './durations.ts'

/** What a listener is called for. A push is a message that no connection has sent. */
export const TIMED = ['handshake', 'open', 'message', 'push', 'close', 'groupJoin', 'groupLeave'] as const
export type Timed = (typeof TIMED)[number]

export class TimedListener implements ListenerPort {
  readonly durations: ReadonlyMap<Timed, Durations>
  readonly #listener: ListenerPort
  readonly #of = Object.fromEntries(TIMED.map(event => [event, new Durations()])) as Readonly<
    Record<Timed, Durations>
  >

  constructor(listener: ListenerPort) {
    this.#listener = listener
    this.durations = new Map(TIMED.map(event => [event, this.#of[event]]))
  }

  get ready(): boolean {
    return this.#listener.ready
  }

  get status(): ListenerStatus {
    return this.#listener.status
  }

  get isDefault(): boolean {
    return this.#listener.isDefault
  }

  get vets(): boolean {
    return this.#listener.vets
  }

  start(): Promise<void> {
    return this.#listener.start()
  }

  stop(): Promise<void> {
    return this.#listener.stop()
  }

  reload(): Promise<void> {
    return this.#listener.reload()
  }

  handshake(data: HandshakeData, gone: AbortSignal): HandshakeResult {
    const began = performance.now()
    return timed(this.#of.handshake, began, this.#listener.handshake(data, gone))
  }

  open(data: OpenData): HookResult {
    const began = performance.now()
    return timed(this.#of.open, began, this.#listener.open(data))
  }

  close(data: CloseData): HookResult {
    const began = performance.now()
    return timed(this.#of.close, began, this.#listener.close(data))
  }

  message(data: ListenerData): HookResult {
    const began = performance.now()
    const isPush = data.conn === undefined
    return timed(isPush ? this.#of.push : this.#of.message, began, this.#listener.message(data))
  }

  presence(event: PresenceEvent, data: GroupData): HookResult {
    const began = performance.now()
    return timed(this.#of[event], began, this.#listener.presence(event, data))
  }

  reject(error: unknown, data: ListenerData, hook?: 'message' | 'handshake'): ListenerFault {
    return this.#listener.reject(error, data, hook)
  }

  owns(stack: string): boolean {
    return this.#listener.owns(stack)
  }
}

/** Takes the time of a result that is there, or that comes. No hook's promise rejects: its fault is its result. */
function timed<T>(durations: Durations, began: number, result: T | Promise<T>): T | Promise<T> {
  if (result instanceof Promise) {
    return result.then(outcome => {
      durations.add(performance.now() - began)
      return outcome
    })
  }
  durations.add(performance.now() - began)
  return result
}
