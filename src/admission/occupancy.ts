/** How many are in, and those on their way in: altogether, by address and by user. */
import { Problem } from '../problem.ts'
import { addressKey } from './networks.ts'

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
  readonly #byIp = new Map<string, number>()
  readonly #byUser = new Map<string, number>()
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
    if (key !== undefined && (this.#byIp.get(key) ?? 0) >= maxConnectionsPerIp) {
      throw new Problem(429, `your address has ${maxConnectionsPerIp} connections, and may have no more`)
    }
    this.#all++
    if (key !== undefined) count(this.#byIp, key, 1)
    let user: string | undefined
    let isTaken = true
    return {
      ofUser: name => {
        if (maxConnectionsPerUser === 0 || name === user || !isTaken) return
        if ((this.#byUser.get(name) ?? 0) >= maxConnectionsPerUser) {
          throw new Problem(429, `this user has ${maxConnectionsPerUser} connections, and may have no more`)
        }
        if (user !== undefined) count(this.#byUser, user, -1)
        user = name
        count(this.#byUser, name, 1)
      },
      giveBack: () => {
        if (!isTaken) return
        isTaken = false
        this.#all--
        if (key !== undefined) count(this.#byIp, key, -1)
        if (user !== undefined) count(this.#byUser, user, -1)
      },
    }
  }
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by
  if (now === 0) counts.delete(key)
  else counts.set(key, now)
}
