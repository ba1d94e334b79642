/** The gateway: all its parts, and the one way that data takes through them. */
import { Admission } from './admission/admission.ts'
import { Refusals } from './admission/refusals.ts'
import type { TokenVerifier } from './admission/verified.ts'
import { Availability } from './availability.ts'
import { Clients } from './clients.ts'
import { AllNodes } from './cluster/all-nodes.ts'
import type { ClusterFactory, ClusterParts, ClusterSide } from './cluster/factory.ts'
import { ClusterMembership } from './cluster/membership.ts'
import type { NodeAction } from './cluster/questions.ts'
import { ThisNode } from './cluster/this-node.ts'
import type { Settings } from './config.ts'
import { Belonging } from './connections/belonging.ts'
import { CLOSE } from './connections/close-codes.ts'
import type { ClientConnection } from './connections/connection.ts'
import { idSource, newNodeId } from './connections/id.ts'
import { Registry } from './connections/registry.ts'
import { Delivery } from './delivery/delivery.ts'
import { Drain } from './delivery/drain.ts'
import { toBinaryFrame, toTextFrame } from './delivery/encode.ts'
import { Idempotency } from './idempotency/idempotency.ts'
import { Lifecycle } from './lifecycle.ts'
import type { LastFault } from './listener/last-fault.ts'
import type { ListenerFactory, ListenerPort, PresenceEvent } from './listener/listener.ts'
import type { State } from './listener/types.ts'
import { listenerGateway } from './listener-gateway.ts'
import type { Logger } from './log.ts'
import { Messages, type PushDelivered } from './messages.ts'
import { Presence } from './presence/presence.ts'
import type { Member } from './presence/roster.ts'
import { Problem } from './problem.ts'
import { PublicSide } from './public-side.ts'
import type { Health, Status } from './status.ts'
import { StatusReport } from './status-report.ts'
import type { Certificate } from './tls/certificate.ts'
import { PolledTraces } from './tracing/polled-traces.ts'
import { Traces } from './tracing/traces.ts'
import type { Durations } from './vitals/durations.ts'
import { type Timed, TimedListener } from './vitals/timed-listener.ts'
import type { Vitals } from './vitals/vitals.ts'

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly version: string
  /** Checks clients' tokens; undefined when nobody needs one. */
  readonly tokens: TokenVerifier | undefined
  /** Undefined when the port speaks no TLS. */
  readonly certificate: Certificate | undefined
  readonly listener: ListenerFactory
  /** Knows what that listener has last done wrong. */
  readonly faults: LastFault
  /** Makes this node one of several; undefined without WS_REDIS_URL. */
  readonly cluster: ClusterFactory | undefined
}

export class Gateway {
  readonly settings: Settings
  readonly connections = new Registry()
  readonly lifecycle: Lifecycle
  readonly drain = new Drain()
  readonly clients: Clients
  /** How long the listener has taken, for each of its hooks. */
  readonly durations: ReadonlyMap<Timed, Durations>
  readonly #log: Logger
  readonly #listener: ListenerPort
  readonly #faults: LastFault
  readonly #delivery: Delivery<ClientConnection>
  readonly #messages: Messages
  readonly #thisNode: ThisNode
  /** Undefined without WS_REDIS_URL. */
  readonly #cluster: ClusterParts | undefined
  /** Pushes with a key. */
  readonly idempotency: Idempotency
  /** The gateway as one, however many nodes it has. */
  readonly nodes: AllNodes
  readonly presence: Presence
  readonly #public: PublicSide
  readonly #availability: Availability
  readonly #report: StatusReport
  #state: State = {}

  constructor(options: GatewayOptions) {
    const { settings, log, tokens, certificate } = options
    this.settings = settings
    this.#log = log
    const refusals = new Refusals(log)
    this.#faults = options.faults
    const asked = options.listener({
      createGateway: signal =>
        listenerGateway({
          id: settings.gatewayId,
          connections: this.connections,
          log,
          signal,
          state: () => this.#state,
          push: data => this.#availability.unrefused(() => this.#messages.push(data), true),
          members: group => this.presence.members(group),
        }),
      inUse: () => {
        this.#report.loads++
        this.clients.listenerInUse()
      },
      send: (message, ids) => this.#messages.sendTo(ids, message),
      close: (id, code = CLOSE.normal, reason = '') =>
        this.nodes.give({ ask: 'close', whose: { id }, code, reason }),
    })
    const listener = new TimedListener(asked)
    this.#listener = listener
    this.durations = listener.durations
    const { connections } = this
    const { compression, compressionThresholdBytes: thresholdBytes } = settings
    const failed = (error: Error): void =>
      log.error({ event: 'error', err: error }, 'a message is not compressed')
    this.#delivery = new Delivery(connections, compression ? { thresholdBytes, failed } : undefined)
    const node = newNodeId()
    this.presence = new Presence({
      node,
      graceMs: settings.presenceGraceMs,
      tell: (hook, member) => this.#tellPresence(hook, member),
    })
    this.#cluster = options.cluster?.(this.#clusterSide(node))
    this.idempotency = new Idempotency(this.#cluster?.answers)
    const cluster = this.#cluster?.cluster
    if (cluster !== undefined) {
      connections.isElsewhere = id => cluster.isElsewhere(id)
      this.#delivery.outbox.beforeWrites = () => cluster.bus.sendOn()
    }
    this.#messages = new Messages({
      log,
      listener,
      delivery: this.#delivery,
      others: cluster,
      maxPushBytes: settings.maxPayloadBytes,
    })
    const traces = new Traces(connections)
    this.clients = new Clients({
      settings,
      log,
      connections,
      delivery: this.#delivery,
      listener,
      tokens,
      belonging: new Belonging(connections, this.presence.holdings),
      traces,
      pass: (data, fault, original) => this.#messages.pass(data, fault, original),
    })
    const { clients, presence } = this
    this.#thisNode = new ThisNode({
      ...{ connections, clients, presence },
      traces: new PolledTraces(traces),
      status: () => this.status(),
      act: action => void this.#act(action),
    })
    this.nodes = new AllNodes(node, this.#thisNode, presence, cluster)
    const membership = new ClusterMembership(this.#cluster, presence)
    this.#public = new PublicSide({
      settings,
      log,
      connections,
      outbox: this.#delivery.outbox,
      listener,
      certificate,
      clients: this.clients,
      refusals,
      needsToken: tokens !== undefined,
      admission: new Admission({
        settings,
        nextId: idSource(node),
        listener,
        tokens,
        refusal: () => this.#availability.closedDoor(),
        hookFailed: () => this.#report.listenerErrors++,
      }),
      beforeOpening: () => membership.join(),
      afterClosing: ms => membership.leave(ms),
      health: () => this.#availability.publicHealth(),
    })
    this.lifecycle = new Lifecycle(this.settings.startupMode, {
      up: () => {
        this.#state = {}
        return this.#public.up()
      },
      down: why => this.#public.down(why),
    })
    this.#report = new StatusReport({
      ...{ settings, version: options.version, refusals, listener, connections, clients },
      lifecycle: this.lifecycle,
      publicSide: this.#public,
      messages: this.#messages,
      delivery: this.#delivery,
      faults: options.faults,
      cluster: this.#cluster,
    })
    this.#availability = new Availability({
      lifecycle: this.lifecycle,
      listener,
      warning: () => membership.warning,
    })
  }

  /**
   * Loads the listener anew.
   * @throws Problem 409 while stopped, or when the listener cannot be loaded
   */
  async reload(): Promise<void> {
    if (this.lifecycle.state !== 'running') {
      throw new Problem(409, `the gateway is ${this.lifecycle.state}: the listener is loaded when it starts`)
    }
    try {
      await this.#listener.reload()
    } catch (error) {
      throw new Problem(409, error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * Pushes a message: through `onMessage`, then to its recipients.
   * @param pushed an object with a `message`; it becomes the hook's `data` itself
   * @param key what the pusher calls this push (`Idempotency-Key`), for other nodes to know
   * @returns at once when the hook is synchronous, so that a stream of pushes costs no turn for each
   * @throws Problem 400, 409, 413, 500, 503 or 504, at once or as a rejection
   */
  push(pushed: unknown, key?: string): PushDelivered | Promise<PushDelivered> {
    return this.#availability.unrefused(() => this.#messages.push(pushed, key))
  }

  /** Resolves when other nodes can be sent more. */
  async room(): Promise<void> {
    await this.#cluster?.cluster.room()
  }

  status(): Status {
    return this.#report.status
  }

  /** How the process is, second by second. */
  get vitals(): Vitals {
    return this.#report.vitals
  }

  /** The control server says where it listens over TCP. */
  set controlPort(port: number) {
    this.#report.controlPort = port
  }

  health(): Health {
    return this.#availability.health()
  }

  /** Whether a new client would be let in, as `GET /healthz` says. */
  get letsIn(): boolean {
    return this.#availability.publicHealth().ok
  }

  get isListenerReady(): boolean {
    return this.#listener.ready
  }

  /**
   * Lets the connections go bit by bit, while nobody new gets in, before an end that is announced.
   * @param ms how long it takes
   */
  async drainConnections(ms: number): Promise<void> {
    if (ms === 0 || this.lifecycle.state !== 'running') return
    this.#availability.isDraining = true
    await this.#public.drain(ms)
  }

  /** Counts and logs what went wrong outside any hook's call: a listener's timer, a forgotten promise. */
  listenerError(error: unknown, what: string): void {
    this.#report.listenerErrors++
    const fields = { event: 'listener.error', err: error }
    this.#faults.note(fields, what)
    this.#log.error(fields, what)
  }

  /** Whether an error came out of the listener's own files. */
  isListenerError(error: unknown): boolean {
    return error instanceof Error && this.#listener.owns(error.stack ?? '')
  }

  /** Another node's operator wants this one to do something. What becomes of it stands in the log. */
  async #act(action: NodeAction): Promise<void> {
    this.#log.info({ event: 'control.call', action }, 'asked by another node')
    try {
      if (action === 'reload') await this.reload()
      else await this.lifecycle[action]()
    } catch (error) {
      this.#log.error({ event: 'error', action, err: error }, 'what another node has asked for has failed')
    }
  }

  /** What other nodes want of this one. */
  #clusterSide(node: string): ClusterSide {
    const { connections, presence } = this
    return {
      node,
      presence,
      load: () => ({
        connections: connections.size,
        groups: connections.groups.size,
        users: connections.users.size,
      }),
      deliver: (payload, isBinary, to) => {
        return this.#delivery.send(isBinary ? toBinaryFrame(payload) : toTextFrame(payload), to).count
      },
      pushed: (key, recipients) => this.idempotency.happened(key, recipients),
      prepare: pushed => this.#availability.unrefused(() => this.#messages.prepare(pushed)),
      answer: question => this.#thisNode.answer(question),
    }
  }

  /** Tells the listener who has come into a group, or has left it. */
  async #tellPresence(hook: PresenceEvent, { group, user, info }: Member): Promise<void> {
    const data = { group, user, info: info && JSON.parse(info), message: '' }
    const fault = await this.#listener.presence(hook, data)
    if (fault !== undefined) this.#report.listenerErrors++
  }
}
