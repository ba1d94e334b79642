/** What was lost between nodes, in the log: at once, and then not more often than it is looked at. */
import type { Logger } from '../log.ts'

export class Losses {
  readonly #log: Logger
  #dropped = 0
  #told = 0

  constructor(log: Logger) {
    this.#log = log
  }

  /** Another node has sent what never came. */
  missed(node: string, count: number): void {
    this.#log.error(
      { event: 'cluster.lost', node, missed: count },
      `${count} ${count === 1 ? 'message' : 'messages'} of another node never arrived here: this node was away for longer than WS_REDIS_HISTORY lasts, Redis has lost them, or too many waited there`,
    )
  }

  /** Messages for other nodes had to go. */
  dropped(count: number): void {
    const isFirst = this.#dropped === this.#told && this.#told === 0
    this.#dropped += count
    if (isFirst) this.tell()
  }

  /** The gateway stops before Redis is back. */
  left(count: number): void {
    this.#log.error(
      { event: 'cluster.lost', waiting: count },
      `${count} ${count === 1 ? 'message' : 'messages'} for other nodes had not gone out when the gateway stopped: Redis was away`,
    )
  }

  /** Says what has not been said yet. */
  tell(): void {
    const count = this.#dropped - this.#told
    if (count === 0) return
    this.#told = this.#dropped
    this.#log.error(
      { event: 'cluster.lost', dropped: count },
      `${count} ${count === 1 ? 'message' : 'messages'} for other nodes had to go: more than WS_REDIS_BUFFER_BYTES waited`,
    )
  }
}
