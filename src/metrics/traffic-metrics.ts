/** What has come and gone: connections, messages, bytes, pushes. */
import { CLOSE } from '../connections/close-codes.ts'
import { counter, type Metric, type Sample } from './metric.ts'

/** Counted from 0, so that the first one of these is an increase. */
const KNOWN_CODES = Object.values(CLOSE).map(String)
const KNOWN_STATUSES = ['401', '403', '404', '429', '503']

/** @param known those that are told before there is one */
function labelled(
  label: string,
  known: readonly string[],
  counts: Readonly<Record<string, number>>,
): Sample[] {
  const none = Object.fromEntries(known.map(name => [name, 0]))
  return Object.entries({ ...none, ...counts }).map(([name, value]) => ({ labels: { [label]: name }, value }))
}

export const trafficMetrics: readonly Metric[] = [
  counter('connections_opened', 'Connections that have opened.', ({ status }) => status.counters.opened),
  counter(
    'connections_closed',
    'Connections that have closed, by close code; beyond 50 that clients have made up, the code is `other`.',
    ({ status }) => labelled('code', KNOWN_CODES, status.closes),
    ['code'],
  ),
  counter(
    'connections_refused',
    'Handshakes that were refused, by HTTP status.',
    ({ status }) => labelled('status', KNOWN_STATUSES, status.refusals),
    ['status'],
  ),
  counter('messages_received', 'Messages that came from clients.', ({ status }) => status.counters.received),
  counter(
    'messages_sent',
    'Messages that went out to clients, each counted for each client, those of `conn.send` included.',
    ({ status }) => status.counters.sent,
  ),
  counter(
    'deliveries',
    'Messages that `onMessage` let through, counted for each client that they went to.',
    ({ status }) => status.counters.delivered,
  ),
  counter(
    'received_bytes',
    'Bytes of the messages that came from clients.',
    ({ status }) => status.counters.bytesIn,
  ),
  counter(
    'sent_bytes',
    'Bytes of the messages that went out, with their framing.',
    ({ status }) => status.counters.bytesOut,
  ),
  counter(
    'pushes',
    'Messages that applications or the listener pushed.',
    ({ status }) => status.counters.pushes,
  ),
  counter(
    'unknown_recipients',
    'Recipients, given by id, that were closed or unknown.',
    ({ status }) => status.counters.unknownRecipients,
  ),
  counter(
    'slow_consumers_closed',
    'Clients that were closed with 1013 because they read too slowly (WS_SLOW_CONSUMER=close).',
    ({ status }) => status.counters.slowConsumersClosed,
  ),
  counter(
    'slow_consumer_drops',
    'Messages that were left out for clients that read too slowly (WS_SLOW_CONSUMER=drop).',
    ({ status }) => status.counters.slowConsumerDrops,
  ),
]
