/** What is measured, and the goals. */
import type { Path, ServerName } from './servers.ts'

/** One goal: a ratio of two servers. */
export interface Goal {
  readonly of: ServerName
  readonly to: ServerName
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Case {
  readonly about: string
  readonly path: Path
  /** The key of the load generator's result, and its unit. */
  readonly metric: string
  readonly unit: string
  readonly args: (secs: number) => string[]
  readonly goals: readonly Goal[]
}

const fanout = (window: number, secs: number): string[] =>
  `fanout --n 1000 --size 128 --window ${window} --warm 1 --secs ${secs}`.split(' ')

export const cases = {
  fanout16: {
    about: '1,000 subscribers, 128 B, 16 messages in flight',
    path: '/fanout',
    metric: 'deliveries_per_s',
    unit: 'deliveries/s',
    args: secs => fanout(16, secs),
    goals: [{ of: 'gateway', to: 'ws', atLeast: 10 }],
  },
  fanout1: {
    about: '1,000 subscribers, 128 B, one message in flight',
    path: '/fanout',
    metric: 'deliveries_per_s',
    unit: 'deliveries/s',
    args: secs => fanout(1, secs),
    goals: [
      { of: 'gateway', to: 'joined', atLeast: 1 },
      { of: 'gateway', to: 'ws', atLeast: 1.1 },
    ],
  },
  echo: {
    about: '100 clients, 128 B, each gets its own message back',
    path: '/echo',
    metric: 'msgs_per_s',
    unit: 'messages/s',
    args: secs => `echo --n 100 --size 128 --warm 1 --secs ${secs}`.split(' '),
    goals: [{ of: 'gateway', to: 'ws', atLeast: 0.8 }],
  },
  idle: {
    about: '10,000 idle connections, resident memory of each',
    path: '/fanout',
    metric: 'rss_per_conn_kb',
    unit: 'kB',
    args: () => 'idle --n 10000 --settle 3'.split(' '),
    goals: [{ of: 'gateway', to: 'ws', atMost: 1.5 }],
  },
  connects: {
    about: '5,000 connects, 64 at once',
    path: '/fanout',
    metric: 'connects_per_s',
    unit: 'connects/s',
    args: () => 'idle --n 5000 --settle 0'.split(' '),
    goals: [{ of: 'gateway', to: 'ws', atLeast: 0.7 }],
  },
} as const satisfies Record<string, Case>

export type CaseName = keyof typeof cases
