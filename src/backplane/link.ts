/** Keeps a session with Redis: opens it, and opens another one when it is lost, until it is stopped. */
import { pauseUntilOver, untilOver } from '../until-over.ts'
import { asError, RedisRefusal } from './connection.ts'
import type { RedisSession } from './session.ts'

export interface LinkOptions {
  /** @throws what keeps it from being opened */
  open(): Promise<RedisSession>
  /** Works with a session until it is lost or something is wrong with it, and throws then. */
  use(session: RedisSession): Promise<never>
  /** There is no session, and why. */
  away(error: Error): void
}

/** The waits between attempts, in milliseconds: each twice as long as the one before, within these. */
const WAIT = { first: 100, most: 5000 }

export class Link {
  readonly #options: LinkOptions
  #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /**
   * Begins.
   * @returns when the first attempt has been decided: there is a session, or none can be had at the moment
   * @throws RedisRefusal when the first attempt was refused: then nothing is tried again
   */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#stopping = new AbortController()
    let session: RedisSession | undefined
    try {
      session = await this.#options.open()
    } catch (error) {
      if (error instanceof RedisRefusal) throw error
      this.#options.away(asError(error))
    }
    this.#running = this.#run(session, this.#stopping.signal)
  }

  /** Ends the session there is, and makes no other. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#running = undefined
  }

  async #run(first: RedisSession | undefined, stopping: AbortSignal): Promise<void> {
    let failures = first === undefined ? 1 : 0
    let session = first
    while (!stopping.aborted) {
      const began = performance.now()
      try {
        session ??= await this.#open(stopping)
        if (session === undefined) break
        await this.#use(session, stopping)
      } catch (error) {
        if (stopping.aborted) break
        this.#options.away(asError(error))
      }
      session = undefined
      if (performance.now() - began > WAIT.most) failures = 0
      await pauseUntilOver(waitMs(failures++), stopping)
    }
    session?.close()
  }

  /** @returns undefined when it is stopped first: nobody waits for a Redis that does not answer */
  async #open(stopping: AbortSignal): Promise<RedisSession | undefined> {
    const opening = this.#options.open()
    const session = await untilOver(opening, stopping)
    if (session === undefined) {
      opening.then(
        late => late.close(),
        () => undefined,
      )
    }
    return session
  }

  async #use(session: RedisSession, stopping: AbortSignal): Promise<void> {
    const end = (): void => session.close()
    stopping.addEventListener('abort', end)
    try {
      await this.#options.use(session)
    } finally {
      stopping.removeEventListener('abort', end)
      session.close()
    }
  }
}

/** By chance between half of it and the whole, so that not all nodes come back at once. */
function waitMs(failures: number): number {
  return Math.min(WAIT.most, WAIT.first * 2 ** failures) * (0.5 + Math.random() / 2)
}
