/** Several nodes: Redis between them, and the stream of pushes. All are absent without WS_REDIS_URL. */
import { counter, flag, gauge, type Metric } from './metric.ts'

export const clusterMetrics: readonly Metric[] = [
  gauge('nodes', 'Nodes that this one knows of, itself included.', ({ status }) => status.nodes?.length),
  gauge(
    'backplane_connected',
    'Whether this node has joined the others through Redis.',
    ({ status: { backplane } }) => backplane && flag(backplane.state === 'joined'),
  ),
  gauge(
    'backplane_lag_seconds',
    'How long the last sign of life of this node took to come back through Redis, or has taken so far.',
    ({ status: { backplane } }) => backplane && backplane.lagMs / 1000,
  ),
  gauge(
    'backplane_buffered_messages',
    'Messages for other nodes that wait for Redis.',
    ({ status }) => status.backplane?.bufferedMessages,
  ),
  gauge(
    'backplane_buffered_bytes',
    'Bytes that wait for Redis.',
    ({ status }) => status.backplane?.bufferedBytes,
  ),
  gauge(
    'backplane_buffer_limit_bytes',
    'So many bytes may wait for Redis until the oldest are dropped (WS_REDIS_BUFFER_BYTES).',
    ({ status, bufferBytes }) => status.backplane && bufferBytes,
  ),
  counter(
    'backplane_published',
    'Messages and orders sent to the other nodes.',
    ({ status }) => status.backplane?.published,
  ),
  counter(
    'backplane_received',
    'Messages and orders that came from the other nodes.',
    ({ status }) => status.backplane?.received,
  ),
  counter(
    'backplane_repeats',
    'Messages that came twice and were taken once; harmless, after breaks.',
    ({ status }) => status.backplane?.repeats,
  ),
  counter(
    'backplane_dropped',
    'Messages for other nodes that are lost, because too much waited for Redis.',
    ({ status }) => status.backplane?.dropped,
  ),
  counter(
    'backplane_missed',
    'Messages of other nodes that are lost, because they never arrived here.',
    ({ status }) => status.backplane?.missed,
  ),
  gauge(
    'push_stream_reader',
    'Whether this node is the one that reads WS_PUSH_STREAM.',
    ({ status: { pushStream } }) => pushStream && flag(pushStream.isReader),
  ),
  gauge(
    'push_stream_failing',
    'Whether this node has tried to read WS_PUSH_STREAM and could not.',
    ({ status: { pushStream } }) => pushStream && flag(pushStream.error !== null),
  ),
]
