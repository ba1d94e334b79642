/** Whether anyone may come in and anything may be pushed, and how well the gateway is. */
import type { Lifecycle } from './lifecycle.ts'
import type { ListenerPort } from './listener/listener.ts'
import { Problem } from './problem.ts'
import { type Health, health } from './status.ts'

export interface AvailabilityOptions {
  readonly lifecycle: Pick<Lifecycle, 'state' | 'failure'>
  readonly listener: ListenerPort
  /** What is wrong beside the listener, or null. */
  warning(): string | null
}

export class Availability {
  readonly #options: AvailabilityOptions
  /** Whether the clients are let go already, before an end. */
  isDraining = false

  constructor(options: AvailabilityOptions) {
    this.#options = options
  }

  health(): Health {
    const { lifecycle, listener, warning } = this.#options
    return health(lifecycle.state, lifecycle.failure, listener, warning())
  }

  /** What a load balancer sees: one that is about to stop shall get no more clients. */
  publicHealth(): { ok: boolean; body: object } {
    const { status } = this.health()
    const ok = status !== 'fail' && !this.isDraining && this.#options.lifecycle.state === 'running'
    return { ok, body: { status: ok ? status : 'fail' } }
  }

  /** Why nothing can be pushed now. */
  refusal(): Problem | undefined {
    const { lifecycle, listener } = this.#options
    const { state } = lifecycle
    if (state !== 'running') return new Problem(409, `the gateway is ${state}`, { state })
    if (listener.ready) return undefined
    const { error } = listener.status
    return new Problem(503, `no listener is in use, so nobody gets in: ${error ?? 'it has not been loaded'}`)
  }

  /** Why nobody may come in. To a client, a gateway that goes down is as unavailable as one without a listener. */
  closedDoor(): Problem | undefined {
    if (this.isDraining) return new Problem(503, 'the gateway is about to stop')
    const refusal = this.refusal()
    return refusal && new Problem(503, refusal.detail)
  }

  /**
   * Does it, when something can be pushed.
   * @param isListeners whether it is the listener that pushes: it may say goodbye while the gateway stops, to those of
   * other nodes
   * @throws Problem 409 or 503
   */
  unrefused<T>(push: () => T, isListeners = false): T {
    const isGoodbye =
      isListeners && this.#options.lifecycle.state === 'stopping' && this.#options.listener.ready
    const refusal = isGoodbye ? undefined : this.refusal()
    if (refusal !== undefined) throw refusal
    return push()
  }
}
