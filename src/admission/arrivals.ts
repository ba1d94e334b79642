/**
 * TCP connections of one address, with and without a handshake. Whoever opens many and says nothing on them would hold
 * their file descriptors until the handshake's time is up, and no limit for WebSockets would count them.
 */
import { addressKey } from './networks.ts'
import { Tally } from './tally.ts'

/** Room for those that are being refused, and for plain HTTP requests, beside the WebSockets of an address. */
const SPARE = 16

export class Arrivals {
  readonly #most: number
  readonly #isProxy: (address: string) => boolean
  readonly #byAddress = new Tally()

  /**
   * @param maxConnectionsPerIp 0 counts nobody
   * @param isProxy whether an address speaks for many clients
   */
  constructor(maxConnectionsPerIp: number, isProxy: (address: string) => boolean) {
    this.#most = maxConnectionsPerIp === 0 ? 0 : 2 * maxConnectionsPerIp + SPARE
    this.#isProxy = isProxy
  }

  /** False when nobody is counted. */
  get counts(): boolean {
    return this.#most > 0
  }

  /**
   * One more TCP connection has come.
   * @returns what to do when it has closed; undefined when it is one too many
   */
  take(address: string): (() => void) | undefined {
    if (!this.counts || this.#isProxy(address)) return () => undefined
    const key = addressKey(address)
    if (this.#byAddress.of(key) >= this.#most) return undefined
    this.#byAddress.add(key)
    return () => this.#byAddress.remove(key)
  }
}
