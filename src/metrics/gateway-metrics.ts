/** The gateway itself, and who is connected. */
import type { GatewayState } from '../lifecycle.ts'
import type { Health } from '../status.ts'
import { flag, gauge, type Metric, oneOf } from './metric.ts'

const STATES: readonly GatewayState[] = ['stopped', 'starting', 'running', 'stopping']
const HEALTH: readonly Health['status'][] = ['pass', 'warn', 'fail']

export const gatewayMetrics: readonly Metric[] = [
  gauge(
    'info',
    'Always 1; its labels say which gateway, version, startup mode and, in a cluster, node this is.',
    ({ status: { id, version, mode, node } }) => [
      { labels: { id, version, mode, ...(node !== undefined && { node }) }, value: 1 },
    ],
    ['id', 'version', 'mode', 'node'],
  ),
  gauge('up', 'Whether new clients are let in: 1 where GET /healthz is 200.', ({ letsIn }) => flag(letsIn)),
  gauge(
    'state',
    'The state of the life cycle: 1 for the one that it is in.',
    ({ status }) => oneOf('state', status.state, STATES),
    ['state'],
  ),
  gauge(
    'health',
    'What GET /health says: 1 for the one that it is.',
    ({ health }) => oneOf('status', health, HEALTH),
    ['status'],
  ),
  gauge(
    'uptime_seconds',
    'How long the WebSocket server has been listening; 0 while it is not.',
    ({ status }) => status.uptimeMs / 1000,
  ),
  gauge('connections', 'Connections that are open.', ({ status }) => status.connections),
  gauge(
    'connections_limit',
    'The most connections at a time (WS_MAX_CONNECTIONS); absent when there is no limit.',
    ({ maxConnections }) => (maxConnections === 0 ? undefined : maxConnections),
  ),
  gauge('groups', 'Groups that have a connection here.', ({ status }) => status.groups),
  gauge('users', 'Users that have a connection here.', ({ status }) => status.users),
]
