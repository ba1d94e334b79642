/** The gateway as the hooks of one version of the listener see it. */
import { groupNameFault } from './connections/group-name.ts'
import type { Registry } from './connections/registry.ts'
import type { Gateway, PushData, State } from './listener/types.ts'
import { redacted } from './log/redaction.ts'
import type { Logger } from './log.ts'
import type { PushDelivered } from './messages.ts'
import { type Pushed, pushAnswer } from './push.ts'

export interface ListenerGatewayOptions {
  readonly id: string
  readonly connections: Registry
  readonly log: Logger
  /** Aborted when the version goes out of use. */
  readonly signal: AbortSignal
  /** What the listener keeps; another object after a restart. */
  state(): State
  push(data: PushData): PushDelivered | Promise<PushDelivered>
}

export function listenerGateway(options: ListenerGatewayOptions): Gateway {
  const { id, connections, signal, push } = options
  const log = options.log.child({ event: 'listener.log' }, { redact: redacted })
  return {
    id,
    connections: connections.view(),
    get state() {
      return options.state()
    },
    log,
    signal,
    group(name: string) {
      const fault = groupNameFault(name)
      if (fault !== undefined) throw new TypeError(`group takes ${fault}`)
      return connections.group(name)
    },
    async push(data: PushData): Promise<Pushed> {
      const pushed = pushAnswer(await push(data))
      options.log.info({ event: 'push', ...pushed }, 'pushed by the listener')
      return pushed
    },
  }
}
