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
    const [half, most, whole] = [after(0.5), after(0.75), after(1)]
    await pushStream?.stop(half)
    await untilOver(this.#presence.end(cluster === undefined || cluster.live.length === 0), most)
    await cluster?.stop(whole)
  }
}
