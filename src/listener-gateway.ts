/** The gateway as the hooks of one version of the listener see it. */
import { groupNameFault } from './connections/group-name.ts'
import type { Registry } from './connections/registry.ts'
import type { Connection, Gateway, PushData, State } from './listener/types.ts'
import { redacted } from './log/redaction.ts'
import type { Logger } from './log.ts'
import type { PushDelivered } from './messages.ts'
import type { Holding } from './presence/holdings.ts'
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
  /** The users in a group, at all nodes. */
  members(group: string): Iterable<Holding>
}

export function listenerGateway(options: ListenerGatewayOptions): Gateway {
  const { id, connections, signal, push, members } = options
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
      return {
        name,
        get size() {
          return connections.groups.get(name)?.size ?? 0
        },
        get members() {
          return Array.from(members(name), ([, user, info]) => ({
            user,
            info: info === undefined ? undefined : JSON.parse(info),
          }))
        },
        // Of a copy: who leaves and joins within a loop would come up again and again.
        [Symbol.iterator]: (): Iterator<Connection> => [...(connections.groups.get(name) ?? [])].values(),
      }
    },
    async push(data: PushData): Promise<Pushed> {
      const pushed = pushAnswer(await push(data))
      options.log.info({ event: 'push', ...pushed }, 'pushed by the listener')
      return pushed
    },
  }
}
