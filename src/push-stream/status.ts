/** What `GET /status` says of the stream of pushes. It stands alone, since it belongs to the types of the package's client. */

export interface PushStreamStatus {
  readonly name: string
  /** Whether this node is the one that reads. */
  readonly isReader: boolean
  /** Why it cannot be read, or null. */
  readonly error: string | null
}
