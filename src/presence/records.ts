/** What nodes tell each other of who is where. Each says only what it holds itself. */

/** The node holds the user in the group, and perhaps says what others may see of it; also when that is another one. */
export interface In {
  readonly kind: 'in'
  readonly group: string
  readonly user: string
  /** JSON text. */
  readonly info?: string | undefined
  /** Higher than that of any info that the node has heard of; left out when it says nothing of the info. */
  readonly version?: number | undefined
}

/** The node holds the user in the group no longer. If nobody does, the user leaves: unless it comes back in time. */
export interface Out {
  readonly kind: 'out'
  readonly group: string
  readonly user: string
  /** Which leave this is, so that the end of another one is not taken for its end. */
  readonly leave: string
}

/** The user has not come back in time. Said by the node that has waited for it. */
export interface Left {
  readonly kind: 'left'
  readonly group: string
  readonly user: string
  readonly leave: string
}

/**
 * One membership in a snapshot, with the info that counts as far as the node knows; and with the number of its leave
 * when the node waits for the user to come back.
 */
export type Entry = readonly [
  group: string,
  user: string,
  info: string | null,
  version: number,
  leave?: string,
]

/** All that a node holds, in parts: what is not among it, it does not hold. */
export interface Snapshot {
  readonly kind: 'snapshot'
  readonly entries: readonly Entry[]
  readonly isFirst: boolean
  readonly isLast: boolean
}

export type PresenceRecord = In | Out | Left | Snapshot
