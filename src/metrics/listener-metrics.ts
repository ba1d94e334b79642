/** The listener, and what it costs: how long its hooks take, and how late the event loop is. */
import { counter, flag, gauge, type Metric, PREFIX } from './metric.ts'

export const listenerMetrics: readonly Metric[] = [
  gauge(
    'listener_ready',
    'Whether a listener is in use; without one nobody gets in.',
    ({ isListenerReady }) => flag(isListenerReady),
  ),
  gauge(
    'listener_degraded',
    'Whether the newest version of the listener is not in use because it does not load, or the application fails.',
    ({ status }) => flag(status.listener.error !== null),
  ),
  gauge(
    'listener_generation',
    'How many versions of the listener have come into use since the process started.',
    ({ status }) => status.listener.generation,
  ),
  counter(
    'listener_reloads',
    'How often a version of the listener has come into use after the first one.',
    ({ status }) => status.counters.reloads,
  ),
  counter(
    'listener_errors',
    'Hooks that threw, rejected or ran out of time, and errors outside hooks in the listener.',
    ({ status }) => status.counters.listenerErrors,
  ),
  {
    type: 'histogram',
    name: `${PREFIX}listener_duration_seconds`,
    help: 'How long hooks took, until they or their promise ended. Hooks that the listener lacks count too, as no time.',
    labels: ['hook'],
    read: ({ durations }) => durations,
  },
  gauge(
    'listener_requests_active',
    'Requests to the application that are under way (WS_LISTENER as a URL).',
    ({ status }) => status.listener.requests?.underWay,
  ),
  gauge(
    'listener_requests_waiting',
    'Requests to the application that wait for one of WS_LISTENER_CONCURRENCY to end.',
    ({ status }) => status.listener.requests?.waiting,
  ),
  counter(
    'listener_requests_retried',
    'Requests to the application that were sent once more.',
    ({ status }) => status.listener.requests?.retried,
  ),
  {
    type: 'histogram',
    name: `${PREFIX}event_loop_delay_seconds`,
    help: 'The longest delay of the event loop in each second: one observation a second.',
    read: ({ loopDelays }) => loopDelays,
  },
]
