/** One call of the control API, and its answer. */
import type { IncomingMessage } from 'node:http'
import type { Gateway } from '../gateway.ts'
import type { Logger } from '../log.ts'

/** One call, as a route sees it. */
export interface Call {
  readonly gateway: Gateway
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** The variable parts of the path by their names, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly log: Logger
}

/** What a call is answered with. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Handler = (call: Call) => Answer | Promise<Answer>

export function ok(body: unknown): Answer {
  return { status: 200, body }
}

/** A variable part of the path. Each handler stands at a path that has what it asks for. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}
