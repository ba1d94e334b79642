/** What `GET /status` and `GET /health` say. */
import type { BackplaneStatus, NodeStatus } from './cluster/status.ts'
import type { GatewayState, StartupMode } from './lifecycle.ts'
import type { Fault, ListenerPort, ListenerStatus } from './listener/listener.ts'
import type { PushStreamStatus } from './push-stream/status.ts'
import type { ProcessVitals } from './vitals/process-vitals.ts'

/** The answer of `GET /status`. */
export interface Status {
  readonly id: string
  readonly state: GatewayState
  readonly mode: StartupMode
  /** The port in use, or the one that will be asked for. */
  readonly port: number
  /** The port of the control API over TCP, where there is one. */
  readonly controlPort?: number
  /** How long the WebSocket server has been listening; 0 while it is not. */
  readonly uptimeMs: number
  /** How many are open. */
  readonly connections: number
  /** How many groups and users those belong to. */
  readonly groups: number
  readonly users: number
  readonly listener: ListenerStatus & {
    /** What it has last done wrong since the process started. */
    readonly lastFault?: Fault
  }
  readonly counters: Readonly<Record<string, number>>
  /** How many connections have closed with each code; `other` when there were very many different ones. */
  readonly closes: Readonly<Record<string, number>>
  /** How many handshakes were refused with each HTTP status. */
  readonly refusals: Readonly<Record<string, number>>
  /** Of the last second. */
  readonly process: ProcessVitals
  /** In a cluster: this node's id, all nodes, and how it stands with what is between them. */
  readonly node?: string
  readonly nodes?: readonly NodeStatus[]
  readonly backplane?: BackplaneStatus
  /** Where WS_PUSH_STREAM names one. */
  readonly pushStream?: PushStreamStatus
  readonly version: string
}

/** A node as it comes over the wire. */
export type NodeJson = Omit<NodeStatus, 'lastSeen'> & { readonly lastSeen: string }

/** The status as it comes over the wire: dates are text. */
export type StatusJson = Omit<Status, 'listener' | 'nodes'> & {
  readonly listener: Omit<ListenerStatus, 'loadedAt'> & {
    readonly loadedAt: string | null
    readonly lastFault?: Omit<Fault, 'at'> & { readonly at: string }
  }
  readonly nodes?: readonly NodeJson[]
}

/** The answer of `GET /health`. */
export interface Health {
  /** `fail` is HTTP 503. */
  readonly status: 'pass' | 'warn' | 'fail'
  readonly state: GatewayState
  /** What is wrong, when something is. */
  readonly output?: string
}

/**
 * A gateway that is stopped because it was told so passes; one that lets nobody in fails.
 * @param warning what is wrong beside that, or null
 */
export function health(
  state: GatewayState,
  failure: string | null,
  listener: ListenerPort,
  warning: string | null,
): Health {
  if (state === 'starting') return { status: 'fail', state, output: 'the gateway is starting' }
  if (state === 'stopping') return { status: 'pass', state }
  if (state === 'stopped') {
    return failure === null ? { status: 'pass', state } : { status: 'fail', state, output: failure }
  }
  const { error } = listener.status
  if (!listener.ready) return { status: 'fail', state, output: error ?? 'no listener is in use' }
  const warnings = [error, warning].filter(text => text !== null)
  return warnings.length === 0
    ? { status: 'pass', state }
    : { status: 'warn', state, output: warnings.join('; ') }
}
