/** The states of a gateway, and the order of what is asked of it: one change at a time. */
import { Problem } from './problem.ts'

/** `stopped` → `starting` → `running` → `stopping` → `stopped`. */
export type GatewayState = 'stopped' | 'starting' | 'running' | 'stopping'

export type StartupMode = 'automatic' | 'manual' | 'disabled'

/** What really happens at a change of state. */
export interface Phases {
  /** @throws Problem when the gateway cannot start; all is as before then */
  up(): Promise<void>
  /** Never throws. */
  down(why: 'stop' | 'restart'): Promise<void>
}

/** What came of a call; the note says that there was nothing to do. */
export interface Change {
  readonly note?: 'already running' | 'already stopped'
}

type Action = 'start' | 'stop' | 'restart'

export class Lifecycle {
  readonly #phases: Phases
  readonly #mode: StartupMode
  #state: GatewayState = 'stopped'
  #failure: string | null = null
  #ended = false
  #last: Promise<unknown> = Promise.resolve()
  /** Asked for and not begun: the same question again gets the same answer. */
  readonly #queued = new Map<Action, Promise<Change>>()

  constructor(mode: StartupMode, phases: Phases) {
    this.#mode = mode
    this.#phases = phases
  }

  get state(): GatewayState {
    return this.#state
  }

  /** Waits for what has been asked for so far, however it ends. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** Why the gateway is stopped although it was told to run, or null. */
  get failure(): string | null {
    return this.#failure
  }

  /** @throws Problem 409 when the mode is disabled or the port cannot be had */
  start(): Promise<Change> {
    this.#refuseWhenDisabled('start')
    return this.#enqueue('start', async () => {
      if (this.#state === 'running') return { note: 'already running' }
      await this.#up()
      return {}
    })
  }

  stop(): Promise<Change> {
    return this.#enqueue('stop', async () => {
      this.#failure = null
      if (this.#state === 'stopped') return { note: 'already stopped' }
      await this.#down('stop')
      return {}
    })
  }

  /** Stop, then start; a stopped gateway starts. @throws Problem like start */
  restart(): Promise<Change> {
    this.#refuseWhenDisabled('restart')
    return this.#enqueue('restart', async () => {
      if (this.#state === 'running') await this.#down('restart')
      await this.#up()
      return {}
    })
  }

  /** Stops for good: nothing starts any more. */
  async end(): Promise<void> {
    const stopped = this.stop()
    this.#ended = true
    await stopped
  }

  async #up(): Promise<void> {
    if (this.#ended) throw new Problem(409, 'the gateway is shutting down')
    this.#state = 'starting'
    try {
      await this.#phases.up()
      this.#failure = null
      this.#state = 'running'
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error)
      this.#state = 'stopped'
      throw error
    }
  }

  async #down(why: 'stop' | 'restart'): Promise<void> {
    this.#state = 'stopping'
    await this.#phases.down(why)
    this.#state = 'stopped'
  }

  #refuseWhenDisabled(action: Action): void {
    if (this.#mode !== 'disabled') return
    throw new Problem(
      409,
      `${action} is refused: WS_STARTUP_MODE is disabled; recreate the container with another`,
    )
  }

  #enqueue(action: Action, work: () => Promise<Change>): Promise<Change> {
    if (this.#ended) return Promise.reject(new Problem(409, 'the gateway is shutting down'))
    const same = this.#queued.get(action)
    if (same !== undefined) return same
    const change = this.#last.then(() => {
      this.#queued.delete(action)
      return work()
    })
    this.#queued.set(action, change)
    // A failed change is its caller's to hear of; the next one runs all the same.
    this.#last = change.catch(() => undefined)
    return change
  }
}
