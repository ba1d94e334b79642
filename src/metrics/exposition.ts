/** Metrics in Prometheus's text format. prom-client writes it, and is loaded when somebody asks for the first time. */
import { catalogue } from './catalogue.ts'
import type { Counted, Measured, Metric, Sample } from './metric.ts'

/** What an answer consists of. */
export interface Exposition {
  readonly text: string
  /** Its media type, which names the format's version. */
  readonly type: string
}

/** A sample as prom-client takes it; a histogram's have names of their own. */
interface Value extends Sample {
  readonly metricName?: string
}

/** Writes all metrics that have a value. */
export async function expose(measured: Measured): Promise<Exposition> {
  const { AggregatorRegistry } = await import('prom-client')
  const metrics = Object.values(catalogue)
    .flat()
    .map(metric => ({
      name: metric.name,
      help: metric.help,
      type: metric.type,
      values: valuesOf(metric, measured),
      aggregator: 'first',
    }))
    .filter(({ values }) => values.length > 0)
  // prom-client's counters can only count themselves. What is counted already it takes as it takes what another process
  // has counted; the registry that this makes is a new one, and of this scrape alone.
  const registry = AggregatorRegistry.aggregate([metrics])
  return { text: await registry.metrics(), type: registry.contentType }
}

function valuesOf(metric: Metric, measured: Measured): readonly Value[] {
  if (metric.type === 'histogram') {
    const read = metric.read(measured)
    if (!(read instanceof Map)) return histogram(metric.name, {}, read as Counted)
    const [label = ''] = metric.labels ?? []
    return [...(read as ReadonlyMap<string, Counted>)].flatMap(([value, counted]) =>
      histogram(metric.name, { [label]: value }, counted),
    )
  }
  const read = metric.read(measured)
  if (read === undefined) return []
  return typeof read === 'number' ? [{ labels: {}, value: read }] : read
}

/** Prometheus adds the classes up: each holds those below it as well. */
function histogram(name: string, labels: Sample['labels'], { bounds, counts, sum, count }: Counted): Value[] {
  let below = 0
  const buckets = bounds.map((bound, i) => {
    below += counts[i] ?? 0
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
