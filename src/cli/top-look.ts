/** What `gateway top` sees of a gateway: its status and its connections, looked at again and again. */

import { type Address, call, GatewayError } from '../control/client.ts'
import { orAfter } from '../or-after.ts'
import { pauseUntilOver } from '../until-over.ts'
import { type Page, readPages } from './pages.ts'
import type { SomeStatus } from './status-text.ts'

/** Of more connections no more are looked at, so that looking costs the gateway little. */
export const MOST_CONNECTIONS = 10_000
/** Between two looks at the connections so many times as long as one took. */
const REST_FACTOR = 9
/** A gateway that has not answered by then has a stuck event loop. */
const WITHIN_MS = 10_000

interface ConnectionJson {
  readonly id: string
  readonly ip: string
  readonly path: string
  readonly user?: string
  readonly openedAt: string
  readonly received: number
  readonly sent: number
  readonly bufferedBytes?: number
}

/** A connection, and what it did since the look before, a second. */
export interface Busy extends ConnectionJson {
  readonly inRate: number
  readonly outRate: number
}

/** What is known at a moment. */
export interface View {
  readonly status: SomeStatus
  /** How fast each counter has grown since the look before, a second; undefined when there was none. */
  readonly rates: Readonly<Record<string, number>> | undefined
  readonly connections: readonly Busy[]
  /** Whether there are more of them than are looked at. */
  readonly hasMore: boolean
  /** Why the last look has failed, or empty. */
  readonly fault: string
}

interface ConnectionsPage extends Page {
  readonly connections: readonly ConnectionJson[]
}

export class Looks {
  readonly #gateway: Address
  readonly #over: AbortSignal
  #status: { readonly at: number; readonly of: SomeStatus } | undefined
  #rates: Readonly<Record<string, number>> | undefined
  #listed: { readonly at: number; readonly page: ConnectionsPage } | undefined
  #connections: readonly Busy[] = []
  #fault = ''

  /** @param over ends what is under way */
  constructor(gateway: Address, over: AbortSignal) {
    this.#gateway = gateway
    this.#over = over
  }

  /** @throws Error before the first look at the status */
  get view(): View {
    if (this.#status === undefined) throw new Error('nothing has been seen yet')
    return {
      status: this.#status.of,
      rates: this.#rates,
      connections: this.#connections,
      hasMore: this.#listed?.page.next !== undefined,
      fault: this.#fault,
    }
  }

  /**
   * Looks at both until it is over.
   * @param onLook called after each look
   */
  async goOn(everyMs: number, onLook: () => void): Promise<void> {
    const repeat = async (look: () => Promise<void>, rest: number): Promise<void> => {
      for (;;) {
        const began = performance.now()
        await this.#try(look)
        if (this.#over.aborted) return
        onLook()
        await pauseUntilOver(Math.max(everyMs, rest * (performance.now() - began)), this.#over)
        if (this.#over.aborted) return
      }
    }
    await Promise.all([repeat(() => this.status(), 0), repeat(() => this.list(), REST_FACTOR)])
  }

  async #try(look: () => Promise<void>): Promise<void> {
    try {
      await look()
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#fault = error.detail
    }
  }

  /** @throws GatewayError */
  async status(): Promise<void> {
    const signal = orAfter(this.#over, WITHIN_MS)
    const { text } = await call(this.#gateway, 'GET', '/status', { signal })
    const now = { at: performance.now(), of: JSON.parse(text) as SomeStatus }
    const before = this.#status
    this.#status = now
    this.#fault = ''
    this.#rates = before && growth(now.of, before.of, (now.at - before.at) / 1000)
  }

  /** @throws GatewayError */
  async list(): Promise<void> {
    const page = await readPages<ConnectionsPage, 'connections'>(
      this.#gateway,
      '/connections',
      'connections',
      { limit: MOST_CONNECTIONS },
    )
    const now = { at: performance.now(), page }
    this.#connections = busyOf(now, this.#listed)
    this.#listed = now
  }
}

/** A counter that has become less has begun anew. */
function growth(now: SomeStatus, before: SomeStatus, seconds: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now.counters).map(([name, count]) => [
      name,
      Math.max(0, count - (before.counters[name] ?? count)) / seconds,
    ]),
  )
}

function busyOf(
  now: { readonly at: number; readonly page: ConnectionsPage },
  before: { readonly at: number; readonly page: ConnectionsPage } | undefined,
): Busy[] {
  if (before === undefined) {
    return now.page.connections.map(connection => ({ ...connection, inRate: 0, outRate: 0 }))
  }
  const seconds = (now.at - before.at) / 1000
  const known = new Map(before.page.connections.map(connection => [connection.id, connection]))
  // Where all were listed, one that was not there has done all that it did since.
  const isNew = before.page.next === undefined
  return now.page.connections.map(connection => {
    const then = known.get(connection.id) ?? (isNew ? { received: 0, sent: 0 } : connection)
    return {
      ...connection,
      inRate: (connection.received - then.received) / seconds,
      outRate: (connection.sent - then.sent) / seconds,
    }
  })
}
