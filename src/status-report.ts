/** Puts together what `GET /status` says, from the parts that know it. */
import type { Refusals } from './admission/refusals.ts'
import type { Clients } from './clients.ts'
import type { ClusterParts } from './cluster/factory.ts'
import type { Settings } from './config.ts'
import type { ClientConnection } from './connections/connection.ts'
import type { Registry } from './connections/registry.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { LastFault } from './listener/last-fault.ts'
import type { ListenerPort } from './listener/listener.ts'
import type { Messages } from './messages.ts'
import type { PublicSide } from './public-side.ts'
import type { Status } from './status.ts'
import { type Totals, Vitals } from './vitals/vitals.ts'

export interface StatusParts {
  readonly settings: Settings
  readonly version: string
  readonly lifecycle: Lifecycle
  readonly publicSide: PublicSide
  readonly connections: Registry
  readonly clients: Clients
  readonly messages: Messages
  readonly delivery: Delivery<ClientConnection>
  readonly refusals: Refusals
  readonly listener: ListenerPort
  readonly faults: LastFault
  readonly cluster: ClusterParts | undefined
}

export class StatusReport {
  readonly vitals = new Vitals(() => this.#totals())
  /** Where the control API listens over TCP. */
  controlPort: number | undefined
  /** Faults of the listener that are counted nowhere else. */
  listenerErrors = 0
  /** How often a version of the listener has come into use. */
  loads = 0
  readonly #parts: StatusParts

  constructor(parts: StatusParts) {
    this.#parts = parts
  }

  get status(): Status {
    const { settings, version, lifecycle, publicSide, connections, listener, faults, cluster } = this.#parts
    const { fault } = faults
    const { cluster: node, pushStream } = cluster ?? {}
    return {
      id: settings.gatewayId,
      state: lifecycle.state,
      mode: settings.startupMode,
      port: publicSide.port ?? settings.port,
      ...(this.controlPort !== undefined && { controlPort: this.controlPort }),
      uptimeMs: publicSide.uptimeMs,
      connections: connections.size,
      groups: connections.groups.size,
      users: connections.users.size,
      listener: { ...listener.status, ...(fault && { lastFault: fault }) },
      counters: this.#counters(),
      closes: this.#parts.clients.closes.toJSON(),
      refusals: this.#parts.refusals.toJSON(),
      process: this.vitals.process,
      ...(node && { node: node.node, nodes: node.nodes, backplane: node.status }),
      ...(pushStream && { pushStream: pushStream.status }),
      version,
    }
  }

  #counters(): Record<string, number> {
    const { clients, messages, delivery, refusals } = this.#parts
    const { outbox } = delivery
    const { pushes, listenerErrors } = messages.counters
    return {
      ...clients.counters,
      sent: outbox.frames,
      bytesOut: outbox.bytes,
      pushes,
      listenerErrors: this.listenerErrors + listenerErrors + clients.counters.listenerErrors,
      // The first one is a load, and no reload.
      reloads: Math.max(0, this.loads - 1),
      refused: refusals.count,
      delivered: delivery.delivered,
      unknownRecipients: delivery.unknownRecipients,
    }
  }

  /** What is looked at each second. */
  #totals(): Totals {
    const { connections, clients, messages, delivery } = this.#parts
    const { received, bytesIn } = clients.counters
    const { outbox, delivered } = delivery
    const { pushes } = messages.counters
    const { bytes: bytesOut, frames: sent } = outbox
    return { connections: connections.size, received, delivered, bytesIn, bytesOut, pushes, sent }
  }
}
