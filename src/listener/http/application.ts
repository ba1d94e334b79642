/** Asks the application: in turn, signed, and again while it is away, until the time of the event is over. */
import { randomUUID } from 'node:crypto'
import type { ListenerLog } from '../log.ts'
import { mayBeCutOff } from './answer.ts'
import { type Exchange, type Reply, Unreachable } from './exchange.ts'
import { Reachability } from './reachability.ts'
import { webhookHeaders } from './signature.ts'
import { Turns, WaitedTooLong, type Wish } from './turns.ts'

/** The application was not there for as long as the event may take. */
export class Away extends Error {
  override readonly name = 'Away'
}

/** It was there, and took longer than the event may take. */
export class Late extends Error {
  override readonly name = 'Late'
}

/** The gateway stops. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

export interface ApplicationOptions {
  /** What `WS_LISTENER` says, for the log. */
  readonly place: string
  readonly exchange: Exchange
  readonly keys: readonly Uint8Array[]
  readonly concurrency: number
  readonly timeoutMs: number
  readonly log: ListenerLog
}

/** The waits between tries: each up to twice as long as the one before, by chance, so that they do not all come at once. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1000

/** Handshakes, pushes and the ends of connections may wait up to this; messages are bounded by their sockets. */
const MAX_WAITING = 16_384
const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** A proxy says that the application behind it is away, and an application that it is for the moment. */
const AWAY_STATUS = [502, 503, 504]

/** So often it is looked whether an application that is away is back, when no event does so. */
const LOOK_EVERY_MS = 2000

export class Application {
  /** How often a request was tried again. */
  retried = 0
  readonly #options: ApplicationOptions
  readonly #turns: Turns
  readonly #reachability: Reachability
  #stopped: Stopped | undefined
  /** What ends each wait for a reply or for the next try. */
  readonly #stops = new Set<(reason: Error) => void>()
  /** Whether nobody listened at the last failure, so that it can be seen when somebody does. */
  #isAbsent = false
  #looking: NodeJS.Timeout | undefined

  constructor(options: ApplicationOptions) {
    const { place, log, concurrency, timeoutMs } = options
    this.#options = options
    this.#reachability = new Reachability(place, log)
    this.#turns = new Turns({
      limit: concurrency,
      maxWaiting: MAX_WAITING,
      maxWaitingBytes: MAX_WAITING_BYTES,
      timeoutMs,
    })
  }

  /** Why it is held to be away, or null. */
  get fault(): string | null {
    return this.#reachability.fault
  }

  get underWay(): number {
    return this.#turns.underWay
  }

  get waiting(): number {
    return this.#turns.waiting
  }

  /**
   * @param body makes the request's body, when its turn has come: until then its parts alone are held
   * @throws Away, Late, Stopped, LineFull (turns.ts) or ReplyFault (exchange.ts)
   */
  async ask(body: () => string, wish: Wish): Promise<Reply> {
    const { timeoutMs } = this.#options
    const asked = performance.now()
    try {
      const turn = this.#turns.take(wish)
      if (turn !== undefined) await turn
    } catch (error) {
      throw error instanceof WaitedTooLong ? this.#tooLong(error) : error
    }
    try {
      const begun = wish.patient ? performance.now() : asked
      return await this.#tryUntil(begun + timeoutMs, body())
    } finally {
      this.#turns.done()
      this.#lookIfAway()
    }
  }

  /**
   * Looks whether somebody listens at its address.
   * @throws Unreachable
   */
  async look(): Promise<void> {
    const begun = performance.now()
    try {
      await this.#options.exchange.probe()
      if (this.#stopped === undefined) this.#reachability.answered()
    } catch (error) {
      if (error instanceof Unreachable && this.#stopped === undefined) {
        this.#isAbsent = true
        this.#reachability.failed(error.message, begun)
        this.#lookIfAway()
      }
      throw error
    }
  }

  /** Looks, and again until somebody listens; nobody waits for it. */
  watch(): void {
    this.look().catch((error: unknown) => {
      // It has been noted.
      if (!(error instanceof Unreachable)) throw error
    })
  }

  /** Gives up all that is under way or waits. @returns how many events that is */
  async stop(): Promise<number> {
    const reason = new Stopped('the gateway stops')
    const count = this.underWay + this.waiting
    clearTimeout(this.#looking)
    this.#stopped = reason
    for (const stop of this.#stops) stop(reason)
    this.#turns.clear(reason)
    this.#reachability.forget()
    await this.#options.exchange.close()
    return count
  }

  async #tryUntil(deadline: number, body: string): Promise<Reply> {
    const id = randomUUID()
    const begun = performance.now()
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      this.#throwIfStopped()
      const failure = await this.#try(id, deadline, body).catch((error: unknown) => {
        if (error instanceof Late)
          this.#reachability.failed('it takes connections and does not answer', begun)
        throw error
      })
      this.#throwIfStopped()
      if (typeof failure !== 'string') {
        this.#turns.progress()
        this.#reachability.answered()
        return failure
      }
      const ms = wait * (0.5 + Math.random() / 2)
      const isOver = performance.now() + ms >= deadline
      this.#reachability.failed(failure, isOver ? begun : undefined)
      if (isOver) throw this.#away(failure)
      await this.#sleep(ms)
      this.retried++
    }
  }

  /** @returns the reply, or why there was none this time */
  async #try(id: string, deadline: number, body: string): Promise<Reply | string> {
    const { exchange, keys, timeoutMs } = this.#options
    const underWay = exchange.post(webhookHeaders(id, body, keys, Date.now()), body)
    const giveUp = (reason: Error): void => underWay.giveUp(reason)
    const late = setTimeout(
      () => giveUp(new Late(`no answer within ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)),
      Math.max(1, deadline - performance.now()),
    )
    this.#stops.add(giveUp)
    try {
      const reply = await underWay.reply
      // Is it still there? If not, it has not said all.
      if (mayBeCutOff(reply)) await exchange.probe()
      this.#isAbsent = false
      return AWAY_STATUS.includes(reply.status) ? `it answered ${reply.status}` : reply
    } catch (error) {
      this.#isAbsent = error instanceof Unreachable && error.isAbsent
      if (error instanceof Unreachable) return error.message
      throw error
    } finally {
      clearTimeout(late)
      this.#stops.delete(giveUp)
    }
  }

  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped
  }

  #away(reason: string): Away {
    return new Away(`the application was away for ${this.#options.timeoutMs} ms: ${reason}`)
  }

  #tooLong(error: WaitedTooLong): Error {
    const { fault } = this.#reachability
    return fault === null ? new Late(error.message) : this.#away(fault)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#stops.delete(stop)
        resolve()
      }, ms)
      const stop = (reason: Error): void => {
        clearTimeout(timer)
        reject(reason)
      }
      this.#stops.add(stop)
    })
  }

  /** While nobody listens there and nothing is under way, nobody else would see it come back. */
  #lookIfAway(): void {
    if (this.fault === null || !this.#isAbsent || this.underWay > 0) return
    if (this.#looking !== undefined || this.#stopped !== undefined) return
    this.#looking = setTimeout(() => {
      this.#looking = undefined
      if (this.fault !== null && this.underWay === 0) this.watch()
    }, LOOK_EVERY_MS).unref()
  }
}
