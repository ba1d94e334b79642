/** What one node asks of another, and what it is asked to do. Each node answers for its own connections. */

/** The next connections, in the order in which they opened. */
export interface ConnectionsQuestion {
  readonly ask: 'connections'
  readonly limit: number
  /** The last one of the page before. */
  readonly after?: string | undefined
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
  | Order

export interface ConnectionsPage {
  readonly connections: readonly Record<string, unknown>[]
  readonly isLast: boolean
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
  /** How many connections it concerned. */
  readonly close: number
  readonly join: number
  readonly leave: number
}

export type AnswerTo<Q extends Question> = Answers[Q['ask']]
