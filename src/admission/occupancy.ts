/** How many are in, and those on their way in: altogether, by address and by user. */
import { Problem } from '../problem.ts'
import { addressKey } from './networks.ts'
import { Tally } from './tally.ts'

/** The most that may be in; 0 is any number. */
export interface OccupancyLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  readonly maxConnectionsPerUser: number
}

/** The place of one client. It is given back exactly once, however often that is asked for. */
export interface Place {
  /** Counts it for this user as well. @throws Problem 429 */
  ofUser(user: string): void
  giveBack(): void
}

/** The place of a client whom nothing limits: there is nothing to count, and nothing to remember of it. */
export const UNCOUNTED: Place = { ofUser: () => undefined, giveBack: () => undefined }

export class Occupancy {
  readonly #limits: OccupancyLimits
  readonly #byIp = new Tally()
  readonly #byUser = new Tally()
  #all = 0

  constructor(limits: OccupancyLimits) {
    this.#limits = limits
  }

  /** Takes a place for a client from this address. @throws Problem 503 or 429 */
  take(ip: string): Place {
    const { maxConnections, maxConnectionsPerIp, maxConnectionsPerUser } = this.#limits
    if (maxConnections + maxConnectionsPerIp + maxConnectionsPerUser === 0) return UNCOUNTED
    if (maxConnections > 0 && this.#all >= maxConnections) {
      throw new Problem(503, `the gateway has ${maxConnections} connections, and takes no more`)
    }
    const key = maxConnectionsPerIp > 0 ? addressKey(ip) : undefined
    if (key !== undefined && this.#byIp.of(key) >= maxConnectionsPerIp) {
      throw new Problem(429, `your address has ${maxConnectionsPerIp} connections, and may have no more`)
    }
    this.#all++
    if (key !== undefined) this.#byIp.add(key)
    let user: string | undefined
    let isTaken = true
    return {
      ofUser: name => {
        if (maxConnectionsPerUser === 0 || name === user || !isTaken) return
        if (this.#byUser.of(name) >= maxConnectionsPerUser) {
          throw new Problem(429, `this user has ${maxConnectionsPerUser} connections, and may have no more`)
        }
        if (user !== undefined) this.#byUser.remove(user)
        user = name
        this.#byUser.add(name)
      },
      giveBack: () => {
        if (!isTaken) return
        isTaken = false
        this.#all--
        if (key !== undefined) this.#byIp.remove(key)
        if (user !== undefined) this.#byUser.remove(user)
      },
    }
  }
}
