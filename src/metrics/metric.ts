/** What a metric is: its name and meaning, and how it is read from what the gateway has counted. */
import type { Health, Status } from '../status.ts'
import type { ProcessFigures } from './process-figures.ts'

/** How often something took how long, as it is counted. */
export interface Counted {
  /** The upper bounds of the classes, in seconds. */
  readonly bounds: readonly number[]
  /** How many were in each class, not added up; one more than there are bounds. */
  readonly counts: readonly number[]
  /** All together, in seconds. */
  readonly sum: number
  readonly count: number
}

/** All that the metrics are read from, at the moment of a scrape. Nothing in it grows with the connections. */
export interface Measured {
  readonly status: Status
  readonly health: Health['status']
  /** Whether a new client would be let in. */
  readonly letsIn: boolean
  readonly isListenerReady: boolean
  /** `WS_MAX_CONNECTIONS`; 0 is any number. */
  readonly maxConnections: number
  /** `WS_REDIS_BUFFER_BYTES`. */
  readonly bufferBytes: number
  /** What each hook took. */
  readonly durations: ReadonlyMap<string, Counted>
  /** The longest delay of the event loop in each second. */
  readonly loopDelays: Counted
  readonly process: ProcessFigures
}

/** One value, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Named {
  /** By the conventions of Prometheus: base units, `_total` behind a counter. */
  readonly name: string
  /** One sentence, for `# HELP` and for docs/operations.md. */
  readonly help: string
}

/** A number, or one for each combination of labels. Undefined and no sample at all leave the metric out. */
export interface PlainMetric extends Named {
  readonly type: 'gauge' | 'counter'
  readonly labels?: readonly string[]
  read(measured: Measured): number | undefined | readonly Sample[]
}

/** Times in classes, for each value of a label. */
export interface TimesMetric extends Named {
  readonly type: 'histogram'
  readonly labels?: readonly [string]
  read(measured: Measured): Counted | ReadonlyMap<string, Counted>
}

export type Metric = PlainMetric | TimesMetric

/** What all names of this gateway's own metrics begin with. */
export const PREFIX = 'websocket_gateway_'

/** One of the gateway's own that can go up and down. */
export function gauge(name: string, help: string, read: PlainMetric['read'], labels?: string[]): PlainMetric {
  return { type: 'gauge', name: PREFIX + name, help, read, ...(labels && { labels }) }
}

/** One of the gateway's own that only grows. */
export function counter(
  name: string,
  help: string,
  read: PlainMetric['read'],
  labels?: string[],
): PlainMetric {
  return { type: 'counter', name: `${PREFIX}${name}_total`, help, read, ...(labels && { labels }) }
}

/** A yes or no. */
export function flag(is: boolean): number {
  return is ? 1 : 0
}

/** 1 for what is, 0 for all else that could be. */
export function oneOf(label: string, is: string, all: readonly string[]): Sample[] {
  return all.map(value => ({ labels: { [label]: value }, value: flag(value === is) }))
}
