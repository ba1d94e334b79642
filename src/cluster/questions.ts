/** What one node asks of another, and what it is asked to do. Each node answers for its own connections. */
import type { Status } from '../status.ts'
import type { TracePart } from '../tracing/polled-traces.ts'
import type { Traced } from '../tracing/trace.ts'

/** The next connections, in the order in which they opened. */
export interface ConnectionsQuestion {
  readonly ask: 'connections'
  readonly limit: number
  /** The last one of the page before. */
  readonly after?: string | undefined
  readonly filter?: ConnectionFilter | undefined
}

/** Which connections are wanted; what is left out wants any. */
export interface ConnectionFilter {
  /** A part of its id, address, path, user, or of the name of one of its groups, in any case. */
  readonly search?: string | undefined
  readonly group?: string | undefined
  readonly user?: string | undefined
}

export interface ConnectionQuestion {
  readonly ask: 'connection'
  readonly id: string
}

export interface RenewQuestion {
  readonly ask: 'renew'
  readonly id: string
  readonly token: unknown
}

/** The next groups, in the order of their names. */
export interface GroupsQuestion {
  readonly ask: 'groups'
  readonly limit: number
  readonly after?: string | undefined
}

/** How many connections are in a group. */
export interface GroupSizeQuestion {
  readonly ask: 'group-size'
  readonly group: string
}

/** What has happened in a trace since it was last asked for; the first such question begins it. */
export interface TraceQuestion {
  readonly ask: 'trace'
  /** The trace's own id. */
  readonly trace: string
  readonly whose: Traced
  /** How much of each message is told. */
  readonly shownBytes: number
  /** The number of the last part that has arrived. */
  readonly seen?: number | undefined
}

/** A trace is wanted no longer. */
export interface UntraceQuestion {
  readonly ask: 'untrace'
  readonly trace: string
}

/** The whole status of a node. */
export interface StatusQuestion {
  readonly ask: 'status'
}

/** What a node can be told to do; to be started it would have to be there. */
export type NodeAction = 'stop' | 'restart' | 'reload'

/** A node is to do something. It says that it begins, not how it ends. */
export interface ActQuestion {
  readonly ask: 'act'
  readonly action: NodeAction
}

/** One connection, or all of a user. */
export type Whose =
  | { readonly id: string; readonly user?: undefined }
  | { readonly user: string; readonly id?: undefined }

/** These connections are to be closed. */
export interface CloseOrder {
  readonly ask: 'close'
  readonly whose: Whose
  readonly code: number
  readonly reason: string
}

/** These connections are to join or leave a group. */
export interface MoveOrder {
  readonly ask: 'join' | 'leave'
  readonly whose: Whose
  readonly group: string
}

/** Orders change something, and are carried out in the order of the messages that were sent before and after. */
export type Order = CloseOrder | MoveOrder

export type Question =
  | ConnectionsQuestion
  | ConnectionQuestion
  | RenewQuestion
  | GroupsQuestion
  | GroupSizeQuestion
  | TraceQuestion
  | UntraceQuestion
  | StatusQuestion
  | ActQuestion
  | Order

export interface ConnectionsPage {
  readonly connections: readonly Record<string, unknown>[]
  readonly isLast: boolean
  /** The last one that was looked at, for the next page to begin after. */
  readonly end?: string | undefined
}

export interface GroupLine {
  readonly name: string
  readonly connections: number
  readonly users: number
}

export interface GroupsPage {
  readonly groups: readonly GroupLine[]
  readonly isLast: boolean
}

/** What each question is answered with; null for a connection that is not open. */
export interface Answers {
  readonly connections: ConnectionsPage
  readonly connection: Record<string, unknown> | null
  readonly renew: { readonly id: string; readonly expiresAt: Date | string | null } | null
  readonly groups: GroupsPage
  readonly 'group-size': number
  readonly trace: TracePart
  readonly untrace: true
  readonly status: Status
  readonly act: true
  /** How many connections it concerned. */
  readonly close: number
  readonly join: number
  readonly leave: number
}

export type AnswerTo<Q extends Question> = Answers[Q['ask']]
