/** One call of the control API, and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Gateway } from '../gateway.ts'
import type { Logger } from '../log.ts'
import type { EventStream } from './event-stream.ts'
import type { Places } from './places.ts'

/** One call, as a route sees it. */
export interface Call {
  readonly gateway: Gateway
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** The variable parts of the path by their names, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly log: Logger
  /** Those who search the log. */
  readonly searches: Places
}

/** An answer in JSON. */
export interface JsonAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer as it is. */
export interface TextAnswer {
  readonly status: number
  readonly text: string | Buffer
  /** Its media type. */
  readonly type: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Server-sent events, for as long as the caller listens. */
export interface EventAnswer {
  readonly status: 200
  /**
   * Called when there is room for one more caller, and before the head of the answer is out.
   * @throws Problem that the caller is answered with
   */
  readonly prepare?: () => Promise<void>
  /**
   * Called once the head of the answer is out. Whatever it starts it ends when `events.signal` is aborted; when it
   * resolves, the stream has ended.
   */
  readonly stream: (events: EventStream) => Promise<void>
}

/** The answer of somebody else, who is asked in turn. */
export interface RelayedAnswer {
  readonly status: number
  /** Writes all of it. Rejects when either side breaks off. */
  readonly relay: (response: ServerResponse) => Promise<void>
}

/** What a call is answered with. */
export type Answer = JsonAnswer | TextAnswer | EventAnswer | RelayedAnswer

export type Handler = (call: Call) => Answer | Promise<Answer>

export function ok(body: unknown): JsonAnswer {
  return { status: 200, body }
}

/** A variable part of the path. Each handler stands at a path that has what it asks for. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}
