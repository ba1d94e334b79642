/**
 * What the control API says, as far as the console shows it. A gateway that is reached through another one may be of
 * another version, so what came later than the first one is optional here.
 */

export interface Listener {
  readonly path: string
  readonly loadedAt: string | null
  readonly generation: number
  readonly error: string | null
  readonly lastFault?: Fault
  readonly requests?: { readonly underWay: number; readonly waiting: number; readonly retried: number }
}

export interface Fault {
  readonly at: string
  /** The hook that has failed, if it was one. */
  readonly hook?: string
  readonly message: string
  readonly stack?: string
}

export interface Process {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** In cores. */
  readonly cpu: number
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** `GET /status` */
export interface Status {
  readonly id: string
  readonly state: string
  readonly mode: string
  readonly port: number
  readonly controlPort?: number
  readonly uptimeMs: number
  readonly connections: number
  readonly groups: number
  readonly users: number
  readonly listener: Listener
  readonly counters: Readonly<Record<string, number>>
  readonly closes?: Readonly<Record<string, number>>
  readonly process?: Process
  readonly node?: string
  readonly nodes?: readonly NodeLine[]
  readonly backplane?: Readonly<Record<string, string | number | null>>
  readonly pushStream?: { readonly name: string; readonly isReader: boolean; readonly error: string | null }
  readonly version: string
  /** Says when nothing had to be done. */
  readonly note?: string
}

/** One of `GET /nodes`, and what it says of itself. */
export interface NodeLine {
  readonly id: string
  readonly host?: string
  readonly state?: string
  readonly connections?: number
  readonly groups?: number
  readonly users?: number
  readonly lastSeen?: string
  readonly self?: boolean
  readonly uptimeMs?: number
  readonly version?: string
}

/** One of `GET /gateways`. */
export interface GatewayLine {
  readonly id: string
  readonly state: string
  readonly connections?: number
  readonly self?: boolean
}

/** `GET /health` */
export interface Health {
  readonly status: 'pass' | 'warn' | 'fail'
  readonly output?: string
}

/** What a page of a list says beside its entries. */
export interface Paged {
  /** Stands in the call for the next page; absent on the last one. */
  readonly next?: string
  /** Nodes that have not answered in time. */
  readonly unanswered?: readonly string[]
}

/** One of `GET /connections`. */
export interface Connection {
  readonly id: string
  readonly user?: string
  readonly groups?: readonly string[]
  readonly ip: string
  readonly path: string
  readonly openedAt: string
  readonly received: number
  readonly sent: number
  readonly bufferedBytes?: number
  readonly node?: string
}

export interface ConnectionsPage extends Paged {
  readonly connections: readonly Connection[]
}

export interface GroupLine {
  readonly name: string
  readonly connections: number
  readonly users: number
}

export interface GroupsPage extends Paged {
  readonly groups: readonly GroupLine[]
}

export interface Member {
  readonly user: string
  readonly info?: unknown
}

export interface MembersPage extends Paged {
  readonly group: string
  readonly connections: number
  readonly users: number
  readonly members: readonly Member[]
}

/** A line of WebSocket.log. One that somebody else has written there has a `msg` alone. */
export interface LogLine {
  readonly time?: number
  readonly level?: number
  readonly gateway?: string
  readonly event?: string
  readonly msg?: string
  readonly conn?: string
  readonly err?: { readonly message?: string; readonly stack?: string }
  readonly [field: string]: unknown
}

/** `event: history` of `GET /events`. */
export interface HistoryRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly number[])[]
}
