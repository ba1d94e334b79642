/** Asks the application: in turn, signed, and again while it is away, until the time of the event is over. */
import { randomUUID } from 'node:crypto'
import type { ListenerLog } from '../log.ts'
import { mayBeCutOff } from './answer.ts'
import { type Exchange, type Reply, Unreachable } from './exchange.ts'
import { Reachability } from './reachability.ts'
import { webhookHeaders } from './signature.ts'
import { NotWanted, Turns, WaitedTooLong, type Wish } from './turns.ts'

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

/** An event, and who waits for its answer. */
export interface Question extends Wish {
  /** Makes the request's body, when its turn has come: until then its parts alone are held. */
  body(): string
  /** Told what ends the question early, once it is asked. */
  onAsked?(giveUp: () => void): void
}

/** The waits between tries: up to twice as long as the one before, by chance, so that they do not all come at once. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1000

/** A last try shall have this time at least. */
const LAST_TRY_MS = 20

/** So many events of a kind may wait that no paused socket stands behind, and hold so much memory. */
const MAX_WAITING = 16_384
const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** A proxy says that the application behind it is away, and an application that it is for the moment. */
const AWAY_STATUS = [502, 503, 504]

/** So often it is looked whether an application that is away is back, when no event does so. */
const LOOK_EVERY_MS = 2000

/** A try that got no answer. */
interface Failure {
  readonly reason: string
  /**
   * `absent`: nobody has taken the connection. `broken`: it broke off; a kept-alive one may have been closed at the same
   * moment. `status`: 502, 503 or 504.
   */
  readonly how: 'absent' | 'broken' | 'status'
}

/** When others have been answered so short a time ago, a failure may be the event's own. */
const OWN_FAILURE_MS = 1000

export class Application {
  /** How often a request was tried again. */
  retried = 0
  readonly #options: ApplicationOptions
  readonly #turns: Turns
  /** An application that pushes while it answers would otherwise wait for a turn that it holds itself. */
  readonly #pushTurns: Turns
  readonly #reachability: Reachability
  #stopped: Stopped | undefined
  /** What ends each wait for a reply or for the next try. */
  readonly #stops = new Set<(reason: Error) => void>()
  /** Whether nobody listened at the last failure, so that it can be seen when somebody does. */
  #isAbsent = false
  #looking: NodeJS.Timeout | undefined

  constructor(options: ApplicationOptions) {
    const { place, log, concurrency, timeoutMs } = options
    const bounds = { maxWaiting: MAX_WAITING, maxWaitingBytes: MAX_WAITING_BYTES, timeoutMs }
    this.#options = options
    this.#reachability = new Reachability(place, log)
    this.#turns = new Turns({ limit: concurrency, ...bounds })
    this.#pushTurns = new Turns({ limit: pushConcurrency(concurrency), ...bounds })
  }

  /** Why it is held to be away, or null. */
  get fault(): string | null {
    return this.#reachability.fault
  }

  get underWay(): number {
    return this.#turns.underWay + this.#pushTurns.underWay
  }

  get waiting(): number {
    return this.#turns.waiting + this.#pushTurns.waiting
  }

  /** @throws Away, Late, Stopped, LineFull, NotWanted (turns.ts) or ReplyFault (exchange.ts) */
  async ask(question: Question): Promise<Reply> {
    const { timeoutMs } = this.#options
    const turns = question.kind === 'push' ? this.#pushTurns : this.#turns
    const asked = performance.now()
    await this.#turn(turns, question)
    const begun = performance.now()
    const deadline = (question.isPatient ? begun : asked) + timeoutMs
    let hasTurn = true
    try {
      const asking = new Asking(question.body(), begun, deadline)
      question.onAsked?.(() => asking.giveUp?.(new NotWanted('nobody wants to know any more')))
      for (let tries = 1; ; tries++) {
        this.#throwIfStopped()
        const triedAt = performance.now()
        const failure = await this.#try(asking)
        this.#throwIfStopped()
        if (!('reason' in failure)) {
          turns.progress()
          this.#reachability.answered()
          return failure
        }
        const wait = waitBefore(tries, failure, deadline)
        this.#reachability.failed(failure.reason, wait === undefined ? begun : undefined)
        if (wait === undefined) throw this.#away(failure.reason)
        // Where the others are answered, this one holds up nobody.
        if (failure.how !== 'absent' && this.#reachability.hasAnsweredSince(triedAt - OWN_FAILURE_MS)) {
          turns.done()
          hasTurn = false
        }
        await this.#sleep(asking, wait)
        if (!hasTurn) await this.#turn(turns, question, true)
        hasTurn = true
        this.retried++
      }
    } finally {
      if (hasTurn) turns.done()
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
      // Who had refused more than connections has yet to answer.
      if (this.#stopped === undefined && this.#isAbsent) this.#reachability.answered()
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

  /** Gives up all that is under way or waits. */
  async stop(): Promise<void> {
    const reason = new Stopped('the gateway stops')
    clearTimeout(this.#looking)
    this.#stopped = reason
    for (const stop of [...this.#stops]) stop(reason)
    for (const turns of [this.#turns, this.#pushTurns]) turns.clear(reason)
    this.#reachability.forget()
    await this.#options.exchange.close()
  }

  async #turn(turns: Turns, wish: Wish, again = false): Promise<void> {
    try {
      await turns.take(wish, again)
    } catch (error) {
      if (!(error instanceof WaitedTooLong)) throw error
      const { fault } = this.#reachability
      throw fault === null ? new Late(error.message) : this.#away(fault)
    }
  }

  async #try(asking: Asking): Promise<Reply | Failure> {
    const { exchange, keys, timeoutMs } = this.#options
    const { id, body, deadline, begun } = asking
    const underWay = exchange.post(webhookHeaders(id, body, keys, Date.now()), body)
    const giveUp = (reason: Error): void => underWay.giveUp(reason)
    const late = setTimeout(
      () => giveUp(new Late(`no answer within ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)),
      Math.max(1, deadline - performance.now()),
    )
    this.#stops.add(giveUp)
    asking.giveUp = giveUp
    try {
      const reply = await underWay.reply
      // Is it still there? If not, it has not said all.
      if (mayBeCutOff(reply)) await exchange.probe()
      this.#isAbsent = false
      return AWAY_STATUS.includes(reply.status)
        ? { reason: `it answered ${reply.status}`, how: 'status' }
        : reply
    } catch (error) {
      const isAbsent = error instanceof Unreachable ? error.isAbsent : !underWay.isConnected
      if (error instanceof Unreachable || error instanceof Late) this.#isAbsent = isAbsent
      if (error instanceof Unreachable) return { reason: error.message, how: isAbsent ? 'absent' : 'broken' }
      if (!(error instanceof Late)) throw error
      const reason = isAbsent ? 'no connection can be made' : 'it takes connections and does not answer'
      this.#reachability.failed(reason, begun)
      throw isAbsent ? this.#away(reason) : error
    } finally {
      clearTimeout(late)
      this.#stops.delete(giveUp)
      asking.giveUp = undefined
    }
  }

  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped
  }

  #away(reason: string): Away {
    const { timeoutMs } = this.#options
    return new Away(`the application was away for ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS): ${reason}`)
  }

  #sleep(asking: Asking, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#stops.delete(stop)
        asking.giveUp = undefined
      }
      const stop = (reason: Error): void => {
        end()
        reject(reason)
      }
      const timer = setTimeout(() => {
        end()
        resolve()
      }, ms)
      this.#stops.add(stop)
      asking.giveUp = stop
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

/** A question that is being asked. */
class Asking {
  /** The same for each try. */
  readonly id = randomUUID()
  readonly body: string
  /** Both in milliseconds of `performance.now()`. */
  readonly begun: number
  readonly deadline: number
  /** Ends the wait that it is in, if it is in one. */
  giveUp: ((reason: Error) => void) | undefined

  constructor(body: string, begun: number, deadline: number) {
    this.body = body
    this.begun = begun
    this.deadline = deadline
  }
}

/** How many pushes may be under way at a time, beside the other events. */
export function pushConcurrency(concurrency: number): number {
  return Math.ceil(concurrency / 4)
}

/** How long to wait before the next try, in milliseconds; undefined when there is no time for one. */
function waitBefore(tries: number, { how }: Failure, deadline: number): number | undefined {
  const left = deadline - performance.now() - LAST_TRY_MS
  if (left <= 0) return undefined
  if (tries === 1 && how === 'broken') return 0
  const most = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS)
  return Math.min(most * (0.5 + Math.random() / 2), left)
}
