/** How a gateway joins the others when it starts, and leaves them when it stops; without a cluster, it is alone. */
import type { Presence } from '../presence/presence.ts'
import { Problem } from '../problem.ts'
import { untilOver } from '../until-over.ts'
import type { ClusterParts } from './factory.ts'

export class ClusterMembership {
  readonly #parts: ClusterParts | undefined
  readonly #presence: Presence
  /** The last stop; one whose time was up may not have come to its end. */
  #leaving: Promise<void> | undefined

  /** @param parts undefined without WS_REDIS_URL */
  constructor(parts: ClusterParts | undefined, presence: Presence) {
    this.#parts = parts
    this.#presence = presence
  }

  /** What is wrong with it, or null. */
  get warning(): string | null {
    const { cluster, pushStream } = this.#parts ?? {}
    if (cluster !== undefined && cluster.error !== null) return `Redis is away: ${cluster.error}`
    const { name, error = null } = pushStream?.status ?? {}
    return error === null
      ? null
      : `the stream ${JSON.stringify(name)} (WS_PUSH_STREAM) cannot be read: ${error}`
  }

  /** @throws Problem 409 when Redis refuses who we are */
  async join(): Promise<void> {
    await this.#leaving
    try {
      await this.#parts?.cluster.start()
      this.#parts?.pushStream?.start()
    } catch (error) {
      throw new Problem(409, error instanceof Error ? error.message : String(error), {}, error)
    }
  }

  /** @param ms how long it may take */
  leave(ms: number): Promise<void> {
    this.#leaving = this.#leaveWithin(ms)
    return this.#leaving
  }

  /** Whatever takes too long, the other nodes are told: so each step leaves time for the next. */
  async #leaveWithin(ms: number): Promise<void> {
    const { cluster, pushStream } = this.#parts ?? {}
    const after = (share: number): AbortSignal => AbortSignal.timeout(Math.ceil(ms * share))
    const [stream, hooks, rest] = [after(0.4), after(0.65), after(0.9)]
    await pushStream?.stop(stream)
    await untilOver(this.#presence.end(cluster === undefined || cluster.live.length === 0), hooks)
    await cluster?.stop(rest)
  }
}
