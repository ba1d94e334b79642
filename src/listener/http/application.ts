/** Asks the application: in turn, signed, and again while it is away, until the time of the event is over. */
import type { ListenerLog } from '../log.ts'
import { mayBeCutOff } from './answer.ts'
import { Asking, type Question } from './asking.ts'
import type { Exchange, Reply } from './exchange.ts'
import { Away, Late, NotWanted, Stopped, Unreachable } from './faults.ts'
import { Reachability } from './reachability.ts'
import { webhookHeaders } from './signature.ts'
import { type Failure, failureOf, waitBefore } from './tries.ts'
import { Turns, WaitedTooLong, type Wish } from './turns.ts'

export interface ApplicationOptions {
  /** What `WS_LISTENER` says, for the log. */
  readonly place: string
  readonly exchange: Exchange
  readonly keys: readonly Uint8Array[]
  readonly concurrency: number
  readonly timeoutMs: number
  readonly log: ListenerLog
}

/** When others have been answered so short a time ago, a failure may be the event's own. */
const OWN_FAILURE_MS = 1000

/** So often it is looked whether an application that is absent is back, when no event does so. */
const PROBE_EVERY_MS = 2000
/** A connection that is made only to see whether somebody listens has so long. */
const PROBE_MS = 2000

export class Application {
  /** How often a request was tried again. */
  retried = 0
  readonly #options: ApplicationOptions
  readonly #turns: Turns
  /** An application that pushes while it answers would otherwise wait for a turn that it holds itself. */
  readonly #pushTurns: Turns
  readonly #reachability: Reachability
  readonly #asking = new Set<Asking>()
  #stopped: Stopped | undefined
  /** Whether nobody listened at the last failure, so that it can be seen when somebody does. */
  #isAbsent = false
  #probing: NodeJS.Timeout | undefined

  constructor(options: ApplicationOptions) {
    const { place, log, concurrency, timeoutMs } = options
    this.#options = options
    this.#reachability = new Reachability(place, log)
    this.#turns = new Turns({ limit: concurrency, timeoutMs })
    this.#pushTurns = new Turns({ limit: pushConcurrency(concurrency), timeoutMs })
  }

  /** Why it is held to be away, or null. */
  get fault(): string | null {
    return this.#reachability.fault
  }

  get underWay(): number {
    return this.#turns.underWay + this.#pushTurns.underWay
  }

  get waiting(): number {
    const resting = [...this.#asking].filter(asking => asking.isResting).length
    return this.#turns.waiting + this.#pushTurns.waiting + resting
  }

  /** @throws Away, Late, Stopped, LineFull, NotWanted or ReplyFault (faults.ts) */
  async ask(question: Question): Promise<Reply> {
    const { timeoutMs } = this.#options
    const turns = question.kind === 'push' ? this.#pushTurns : this.#turns
    const asked = performance.now()
    await this.#turn(turns, question)
    const asking = new Asking(question, question.isPatient ? performance.now() : asked, timeoutMs)
    const leave = (): void => asking.giveUp?.(new NotWanted())
    question.gone?.addEventListener('abort', leave)
    this.#asking.add(asking)
    try {
      return await this.#tryUntilAnswered(asking, turns)
    } finally {
      question.gone?.removeEventListener('abort', leave)
      this.#asking.delete(asking)
      if (asking.hasTurn) turns.done()
      this.#probeIfAbsent()
    }
  }

  /**
   * Looks whether somebody listens at its address.
   * @throws Unreachable
   */
  async look(): Promise<void> {
    const begun = performance.now()
    try {
      await this.#options.exchange.probe(PROBE_MS)
      // Who has refused more than connections has yet to answer.
      if (this.#stopped === undefined && this.#isAbsent) this.#reachability.answered()
    } catch (error) {
      if (error instanceof Unreachable && this.#stopped === undefined) {
        this.#isAbsent = true
        this.#reachability.failed(error.message, begun)
        this.#probeIfAbsent()
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
    clearTimeout(this.#probing)
    this.#stopped = reason
    for (const asking of this.#asking) asking.giveUp?.(reason)
    for (const turns of [this.#turns, this.#pushTurns]) turns.clear(reason)
    this.#reachability.forget()
    await this.#options.exchange.close()
  }

  async #tryUntilAnswered(asking: Asking, turns: Turns): Promise<Reply> {
    const { question, begun } = asking
    const body = question.body()
    let unreachable: string | undefined
    for (let tries = 1; ; tries++) {
      this.#throwIfOver(question)
      const triedAt = performance.now()
      const outcome = await this.#try(asking, body, unreachable)
      this.#throwIfOver(question)
      if (!('failed' in outcome)) {
        turns.progress()
        this.#reachability.answered()
        return outcome
      }
      unreachable = outcome.how === 'status' ? undefined : outcome.failed
      const ms = waitBefore(tries, outcome, asking.left)
      this.#reachability.failed(outcome.failed, ms === undefined ? begun : undefined)
      if (ms === undefined) throw this.#away(outcome.failed)
      // Where the others are answered, this one holds up nobody.
      const isOwn = outcome.how !== 'absent' && this.#reachability.hasAnsweredSince(triedAt - OWN_FAILURE_MS)
      if (isOwn) {
        turns.done()
        asking.hasTurn = false
      }
      await asking.wait(ms)
      if (isOwn) {
        await this.#turn(turns, question, true)
        asking.hasTurn = true
        if (asking.left <= 0) throw this.#away(outcome.failed)
      }
      this.retried++
    }
  }

  /** Waits for a turn, and says why there was none. */
  async #turn(turns: Turns, wish: Wish, again = false): Promise<void> {
    try {
      await turns.take(wish, again)
    } catch (error) {
      if (!(error instanceof WaitedTooLong)) throw error
      const { fault } = this.#reachability
      throw fault === null ? new Late(error.message) : this.#away(fault)
    }
  }

  /** @param unreachable why the try before came to nothing, if that had to do with the way there */
  async #try(asking: Asking, body: string, unreachable: string | undefined): Promise<Reply | Failure> {
    const { exchange, keys, timeoutMs } = this.#options
    const underWay = exchange.post(webhookHeaders(asking.id, body, keys, Date.now()), body)
    asking.giveUp = reason => underWay.giveUp(reason)
    const late = setTimeout(
      () => underWay.giveUp(new Late(`no answer within ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS)`)),
      Math.max(1, asking.left),
    )
    try {
      const reply = await underWay.reply
      // Is it still there? If not, it has not said all.
      if (mayBeCutOff(reply)) await exchange.probe(Math.max(1, Math.min(PROBE_MS, asking.left)))
      this.#isAbsent = false
      return failureOf(reply.status) ?? reply
    } catch (error) {
      if (error instanceof Unreachable) {
        this.#isAbsent = error.isAbsent
        return { failed: error.message, how: error.isAbsent ? 'absent' : 'broken' }
      }
      if (!(error instanceof Late)) throw error
      throw this.#late(error, asking, underWay.isConnected, unreachable)
    } finally {
      clearTimeout(late)
      asking.giveUp = undefined
    }
  }

  /** Its time is over: it has been asked, or no connection could be made. The last try may have had little time. */
  #late(
    error: Late,
    { begun }: Asking,
    isConnected: boolean,
    unreachable = 'no connection can be made',
  ): Error {
    this.#isAbsent = !isConnected
    const reason = isConnected ? 'it takes connections and does not answer' : unreachable
    this.#reachability.failed(reason, begun)
    return isConnected ? error : this.#away(reason)
  }

  #throwIfOver({ gone }: Question): void {
    if (this.#stopped !== undefined) throw this.#stopped
    if (gone?.aborted) throw new NotWanted()
  }

  #away(reason: string): Away {
    const { timeoutMs } = this.#options
    return new Away(`the application was away for ${timeoutMs} ms (WS_LISTENER_TIMEOUT_MS): ${reason}`)
  }

  /** While nobody listens there and nothing is under way, nobody else would see it come back. */
  #probeIfAbsent(): void {
    if (this.fault === null || !this.#isAbsent || this.underWay > 0) return
    if (this.#probing !== undefined || this.#stopped !== undefined) return
    this.#probing = setTimeout(() => {
      this.#probing = undefined
      if (this.fault !== null && this.underWay === 0) this.watch()
    }, PROBE_EVERY_MS).unref()
  }
}

/** How many pushes may be under way at a time, beside the other events. */
export function pushConcurrency(concurrency: number): number {
  return Math.ceil(concurrency / 4)
}
