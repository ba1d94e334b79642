/** What `GET /status` says of a cluster. It stands alone, since it belongs to the types of the package's client. */

/** How much a node holds. */
export interface Load {
  readonly connections: number
  readonly groups: number
  readonly users: number
}

/** A node, as `GET /status` shows it. */
export interface NodeStatus extends Load {
  readonly id: string
  /** The name of its machine or container. */
  readonly host: string
  readonly lastSeen: Date
  readonly self?: true
}

/** What `GET /status` says of what is between the nodes. */
export interface BackplaneStatus {
  readonly state: 'joined' | 'away'
  /** Why Redis is away, or null. */
  readonly error: string | null
  /** How long this node's last sign of life took to come back through Redis, or has taken so far. */
  readonly lagMs: number
  /** What waits to be sent to the other nodes. */
  readonly bufferedMessages: number
  readonly bufferedBytes: number
  readonly published: number
  readonly received: number
  /** What has come twice, and was taken once. */
  readonly repeats: number
  /** What had to go because too much waited. */
  readonly dropped: number
  /** What other nodes have sent and never arrived here. */
  readonly missed: number
}
