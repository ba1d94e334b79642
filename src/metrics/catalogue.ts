/** All metrics, in the order in which they are written and documented. */
import { clusterMetrics } from './cluster-metrics.ts'
import { gatewayMetrics } from './gateway-metrics.ts'
import { listenerMetrics } from './listener-metrics.ts'
import type { Metric } from './metric.ts'
import { processMetrics } from './process-metrics.ts'
import { trafficMetrics } from './traffic-metrics.ts'

/** What belongs together, by the title that docs/operations.md gives it. */
export const catalogue: Readonly<Record<string, readonly Metric[]>> = {
  'The gateway': gatewayMetrics,
  Traffic: trafficMetrics,
  'The listener': listenerMetrics,
  'Several nodes': clusterMetrics,
  'The process': processMetrics,
}
