/**
 * The process, by the names that dashboards for Node know. prom-client's own collection is not used: at each scrape it
 * lists all handles, resources and open files one by one (16 ms with 10,000 connections), and it measures the event loop
 * by a timer of its own.
 */
import type { Metric, PlainMetric } from './metric.ts'
import type { ProcessFigures } from './process-figures.ts'

function figure(
  type: PlainMetric['type'],
  name: string,
  help: string,
  read: (figures: ProcessFigures) => number | undefined,
): PlainMetric {
  return { type, name, help, read: ({ process }) => read(process) }
}

/** The whole time between two scrapes is in `websocket_gateway_event_loop_delay_seconds`; these are for ready-made dashboards. */
function lag(of: 'p50' | 'p99' | 'max', help: string): PlainMetric {
  return {
    type: 'gauge',
    name: `nodejs_eventloop_lag_${of}_seconds`,
    help,
    read: ({ status }) => status.process.loopDelayMs[of] / 1000,
  }
}

export const processMetrics: readonly Metric[] = [
  figure(
    'counter',
    'process_cpu_user_seconds_total',
    'Processor time of the process itself.',
    p => p.userSeconds,
  ),
  figure(
    'counter',
    'process_cpu_system_seconds_total',
    'Processor time of the kernel for the process.',
    p => p.systemSeconds,
  ),
  figure(
    'counter',
    'process_cpu_seconds_total',
    'Processor time of both together.',
    p => p.userSeconds + p.systemSeconds,
  ),
  figure(
    'gauge',
    'process_start_time_seconds',
    'When the process started, in seconds since 1970.',
    p => p.startTimeSeconds,
  ),
  figure(
    'gauge',
    'process_resident_memory_bytes',
    'Memory that the process has of the machine.',
    p => p.residentBytes,
  ),
  figure('gauge', 'process_open_fds', 'Open files and sockets; Linux only.', p => p.openFds),
  figure(
    'gauge',
    'process_max_fds',
    'The most open files and sockets (ulimit -n); Linux only.',
    p => p.maxFds,
  ),
  figure('gauge', 'nodejs_heap_size_used_bytes', "What is used of V8's heap.", p => p.heapUsedBytes),
  figure(
    'gauge',
    'nodejs_heap_size_total_bytes',
    "What V8's heap has of the machine's memory.",
    p => p.heapTotalBytes,
  ),
  figure(
    'gauge',
    'nodejs_heap_size_limit_bytes',
    "The largest that V8's heap may become (--max-old-space-size); past it the process dies.",
    p => p.heapLimitBytes,
  ),
  figure(
    'gauge',
    'nodejs_external_memory_bytes',
    "Memory outside V8's heap that belongs to objects in it, such as buffers.",
    p => p.externalBytes,
  ),
  lag('p50', 'What half of the looks at the event loop were later than, in the last second.'),
  lag('p99', 'What one in a hundred looks at the event loop was later than, in the last second.'),
  lag('max', 'The longest delay of the event loop in the last second.'),
  {
    type: 'gauge',
    name: 'nodejs_version_info',
    help: 'Always 1; its labels say which version of Node this is.',
    labels: ['version', 'major', 'minor', 'patch'],
    read: () => {
      const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
      return [{ labels: { version: process.version, major, minor, patch }, value: 1 }]
    },
  },
]
