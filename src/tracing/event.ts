/** What a trace tells, over the wire as well: `event: trace` of `GET /trace`. */

/** One thing that has happened. */
export interface TraceEvent {
  readonly time: string
  /** In a cluster: the connection's. */
  readonly node?: string
  readonly conn: string
  readonly user?: string
  readonly what: 'open' | 'in' | 'out' | 'close'
  /** Of the message. */
  readonly bytes?: number
  readonly text?: string
  /** In place of `text`, for a binary message. */
  readonly base64?: string
  /** Whether `text` or `base64` is only the beginning. */
  readonly truncated?: true
  /** With which code and reason it has closed. */
  readonly code?: number
  readonly reason?: string
}
