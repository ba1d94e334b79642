/** Puts together what makes one node of several. Loaded only with WS_REDIS_URL, and the client of Redis with it. */
import type { Settings } from '../config.ts'
import type { SharedAnswers } from '../idempotency/idempotency.ts'
import { RedisAnswers } from '../idempotency/shared-answers.ts'
import type { Logger } from '../log.ts'
import type { Prepared } from '../messages.ts'
import { PushStream } from '../push-stream/push-stream.ts'
import { Cluster, type ClusterOptions } from './cluster.ts'

/** What a cluster needs of the gateway. */
export interface ClusterSide
  extends Pick<ClusterOptions, 'node' | 'presence' | 'load' | 'deliver' | 'pushed' | 'answer'> {
  /** Runs a push through `onMessage`. @throws Problem */
  prepare(pushed: unknown): Prepared | Promise<Prepared>
}

export interface ClusterParts {
  readonly cluster: Cluster
  readonly answers: SharedAnswers
  /** Undefined without WS_PUSH_STREAM. */
  readonly pushStream: PushStream | undefined
}

export type ClusterFactory = (side: ClusterSide) => ClusterParts

/** Beside the time of a hook, what a push takes at most. */
const PUSH_MS = 10_000

/** What makes a node of these settings. */
export function clusterFactory(settings: Settings, redisUrl: string, log: Logger): ClusterFactory {
  return side => {
    const { node, prepare } = side
    const cluster = new Cluster({ ...settings, redisUrl, log, ...side })
    const { bus } = cluster
    const { pushStream: name, gatewayId: group, nodeTimeoutMs: leaseMs } = settings
    return {
      cluster,
      answers: new RedisAnswers({
        node,
        prefix: bus.prefix,
        pendingMs: settings.listenerTimeoutMs + PUSH_MS,
        log,
        command: words => bus.command(words),
        lives: other => cluster.live.includes(other),
      }),
      pushStream:
        name === null
          ? undefined
          : new PushStream({
              ...{ name, group, node, redisUrl, leaseMs, log, prepare },
              history: () => cluster.history.entries,
              keys: { lease: `${bus.prefix}:push-lease`, bus: bus.stream, count: `${bus.prefix}:pushes` },
              command: words => bus.command(words),
            }),
    }
  }
}
