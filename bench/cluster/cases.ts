/** What is measured. */
import { median, table, times } from '../measure.ts'
import { type Load, type Measured, measure } from './load.ts'
import { type KindName, kinds, startCluster } from './nodes.ts'
import type { Options } from './options.ts'
import { PUSHES, pushRequest, pushStream, STREAM } from './push.ts'
import { type Persistence, persistences, startRedis, write, writings } from './redis.ts'

/** Prints what it has found. @returns whether every message arrived, once and in order */
type Case = (options: Options) => Promise<boolean>

/** One of those that are compared. */
interface Variant {
  readonly kind: KindName
  readonly label: string
  readonly nodes: number
  readonly redis: boolean
  readonly load: Load
  /** All nodes and Redis on one core; undefined leaves it to the system. */
  readonly core?: string
}

const [SERVER_CORE, LOAD_CORE] = ['1', '0'] as const
const NAMES: Readonly<Record<KindName, string>> = { gateway: 'gateway', socketio: 'Socket.IO' }
const COUNTS = [1, 2, 3] as const

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const share = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2))

/** What was found, for each variant by rounds. */
class Results {
  readonly variants: readonly Variant[]
  readonly #measured = new Map<Variant, Measured[]>()

  constructor(variants: readonly Variant[]) {
    this.variants = variants
    for (const variant of variants) this.#measured.set(variant, [])
  }

  /** All variants in turn, round by round, so that what disturbs a round disturbs them all. */
  async collect(options: Options): Promise<void> {
    for (const { kind } of this.variants) kinds[kind].prepare(options.nodes)
    for (let round = 0; round < options.rounds; round++) {
      // Each begins a round in its turn, so that none always comes first.
      const first = round % this.variants.length
      for (const variant of [...this.variants.slice(first), ...this.variants.slice(0, first)]) {
        const measured = await once(variant, options)
        this.#measured.get(variant)?.push(measured)
        if (options.json || !measured.ok) console.log(JSON.stringify({ of: variant.label, ...measured }))
      }
    }
  }

  all(of: Variant, by: (one: Measured) => number): number[] {
    return (this.#measured.get(of) ?? []).map(by)
  }

  median(of: Variant, by: (one: Measured) => number): number {
    return median(this.all(of, by))
  }

  /** The median of what two variants make of each round; NaN when there is no other. */
  compare(
    of: Variant,
    to: Variant | undefined,
    by: (one: Measured) => number,
    how: (one: number, other: number) => number = (one, other) => one / other,
  ): number {
    if (to === undefined) return Number.NaN
    const others = this.all(to, by)
    return median(this.all(of, by).map((value, round) => how(value, others[round] ?? Number.NaN)))
  }

  find(where: Partial<Variant>): Variant | undefined {
    const wanted = Object.entries(where) as [keyof Variant, unknown][]
    return this.variants.find(variant => wanted.every(([key, value]) => variant[key] === value))
  }

  /** Prints a table. @returns whether nothing was lost */
  report(about: string, head: readonly string[], row: (variant: Variant) => readonly string[]): boolean {
    const rows = this.variants.map(variant => [`${NAMES[variant.kind]}, ${variant.label}`, ...row(variant)])
    console.log(`${about}\n${table([['', ...head], ...rows])}\n`)
    const lossy = this.variants.filter(variant => !this.#measured.get(variant)?.every(one => one.ok))
    for (const { kind, label } of lossy)
      console.log(`  ${NAMES[kind]}, ${label}: something was lost, damaged, doubled or reordered\n`)
    return lossy.length === 0
  }

  /** What each process used of the cores: each node, Redis, the load. */
  cpu(variant: Variant): string[] {
    const nodes = COUNTS.map((_, node) => this.median(variant, one => one.nodes[node] ?? Number.NaN))
    return [
      nodes
        .filter(value => !Number.isNaN(value))
        .map(share)
        .join(' '),
      share(this.median(variant, one => one.redis)),
      share(this.median(variant, one => one.load)),
    ]
  }
}

async function once({ kind, nodes, redis, load, core }: Variant, options: Options): Promise<Measured> {
  const nodeOptions = { ...options.nodes, ...(core !== undefined && { core }) }
  const cluster = await startCluster(kind, nodes, nodeOptions, redis)
  try {
    return await measure(cluster, kind, load, options.secs)
  } finally {
    await cluster.stop()
  }
}

const byRate = (one: Measured): number => one.perSecond
const CPU_HEAD = ['cpu of nodes', 'Redis', 'load']

/** Many subscribers, spread over the nodes; everything goes to everyone. */
const SUBSCRIBERS = { subscribers: 1000, at: undefined } as const

function fanoutVariants(names: readonly KindName[], load: Load): Variant[] {
  return names.flatMap(kind => [
    { kind, load, label: '1 node without Redis', nodes: 1, redis: false },
    ...COUNTS.map(nodes => ({
      ...{ kind, load, nodes, redis: true },
      label: `${nodes} node${nodes > 1 ? 's' : ''}`,
    })),
  ])
}

/** As fast as it goes. */
async function fanout(options: Options): Promise<boolean> {
  const results = new Results(fanoutVariants(options.kinds, { ...SUBSCRIBERS, window: 16 }))
  await results.collect(options)
  const about =
    'fanout: 1,000 subscribers spread over the nodes, 128 B, 16 messages in flight; all processes share the cores'
  const head = ['deliveries/s', '× 1 node', '× Socket.IO', 'p50 ms', ...CPU_HEAD]
  return results.report(about, head, variant => {
    const { kind, nodes, redis } = variant
    return [
      count(results.median(variant, byRate)),
      times(results.compare(variant, results.find({ kind, nodes: 1, redis: true }), byRate)),
      times(results.compare(variant, results.find({ kind: 'socketio', nodes, redis }), byRate)),
      (results.median(variant, one => one.p50) / 1000).toFixed(1),
      ...results.cpu(variant),
    ]
  })
}

/** What the busiest node would deliver if it had a whole core for itself, taken to all nodes, in deliveries a second. */
const byCore = (one: Measured): number => one.perSecond / Math.max(...one.nodes)

/** An even pace that two cores bear in any case: what each node has to do for it says what more cores would bring. */
async function scaling(options: Options): Promise<boolean> {
  const rate = 50
  const results = new Results(fanoutVariants(options.kinds, { ...SUBSCRIBERS, rate }))
  await results.collect(options)
  const about = `scaling: the same at an even pace of ${rate} messages/s, one at a time, and what it takes of the cores`
  const head = ['deliveries/s', ...CPU_HEAD, 'with a core each', '× 1 node', '× Socket.IO', 'p50 ms']
  return results.report(about, head, variant => {
    const { kind, nodes, redis } = variant
    return [
      count(results.median(variant, byRate)),
      ...results.cpu(variant),
      count(results.median(variant, byCore)),
      times(results.compare(variant, results.find({ kind, nodes: 1, redis: true }), byCore)),
      times(results.compare(variant, results.find({ kind: 'socketio', nodes, redis }), byCore)),
      (results.median(variant, one => one.p50) / 1000).toFixed(1),
    ]
  })
}

/** The latency of a message to a client of the same node and of another one. */
async function hop(rate: number, options: Options): Promise<boolean> {
  const load = { subscribers: 1, rate, core: LOAD_CORE }
  const results = new Results(
    options.kinds.flatMap(kind => {
      const variant = { kind, core: SERVER_CORE }
      return [
        { ...variant, label: '1 node without Redis', nodes: 1, redis: false, load: { ...load, at: 0 } },
        { ...variant, label: '2 nodes, to the same', nodes: 2, redis: true, load: { ...load, at: 0 } },
        { ...variant, label: '2 nodes, to the other', nodes: 2, redis: true, load: { ...load, at: 1 } },
      ]
    }),
  )
  await results.collect(options)
  const about = `hop: one publisher, one subscriber, ${count(rate)} messages/s, 128 B; nodes and Redis on one core, the load on the other`
  const head = ['p50 µs', 'p99 µs', 'added p50', 'added p99', ...CPU_HEAD]
  return results.report(about, head, variant => {
    const other = results.find({ kind: variant.kind, nodes: 1 })
    const added = (by: (one: Measured) => number): string => {
      const us = results.compare(variant, other, by, (one, without) => one - without)
      return variant === other ? '' : count(us)
    }
    return [
      count(results.median(variant, one => one.p50)),
      count(results.median(variant, one => one.p99)),
      added(one => one.p50),
      added(one => one.p99),
      ...results.cpu(variant),
    ]
  })
}

const WINDOW = 1000

/** As many messages as one publisher, one node and one Redis bear, each to one subscriber. */
async function publish(options: Options): Promise<boolean> {
  const load = { subscribers: 1, window: WINDOW }
  const results = new Results(
    options.kinds.flatMap(kind => [
      { kind, label: '1 node without Redis', nodes: 1, redis: false, load: { ...load, at: 0 } },
      { kind, label: '1 node', nodes: 1, redis: true, load: { ...load, at: 0 } },
      { kind, label: '2 nodes, to the same', nodes: 2, redis: true, load: { ...load, at: 0 } },
      { kind, label: '2 nodes, to the other', nodes: 2, redis: true, load: { ...load, at: 1 } },
    ]),
  )
  await results.collect(options)
  const about = `publish: one publisher, one subscriber, ${count(WINDOW)} messages under way, 128 B`
  const head = [
    'messages/s',
    '× Socket.IO',
    'entries/s',
    'messages an entry',
    ...CPU_HEAD,
    'µs of nodes',
    'Redis',
  ]
  return results.report(about, head, variant => {
    const { label, redis } = variant
    const entries = (): string[] => [
      count(results.median(variant, one => one.entries)),
      results.median(variant, one => one.messages / one.entries).toFixed(1),
    ]
    // What one message costs each process.
    const us = (of: (one: Measured) => number): string => {
      const each = results.median(variant, one => (of(one) / one.messages) * 1e6)
      return Number.isNaN(each) ? '-' : each.toFixed(1)
    }
    const nodes = COUNTS.slice(0, variant.nodes).map((_, node) => us(one => one.nodes[node] ?? Number.NaN))
    return [
      count(results.median(variant, byRate)),
      times(results.compare(variant, results.find({ kind: 'socketio', label }), byRate)),
      ...(redis ? entries() : ['', '']),
      ...results.cpu(variant),
      ...[nodes.join(' '), us(one => one.redis)],
    ]
  })
}

/** How many pushes of an application a node takes, by the ways there are. */
async function push({ nodes, rounds }: Options): Promise<boolean> {
  const env = { WS_PUSH_STREAM: STREAM }
  const ways = [
    { about: 'POST /push, a line each, 1 node without Redis', redis: false, options: nodes, by: pushRequest },
    { about: 'POST /push, a line each, 1 node', redis: true, options: nodes, by: pushRequest },
    {
      about: 'WS_PUSH_STREAM, an entry each, 1 node',
      redis: true,
      options: { ...nodes, env },
      by: pushStream,
    },
  ]
  const found = ways.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [row, { redis, options, by }] of ways.entries()) {
      const cluster = await startCluster('gateway', 1, options, redis)
      try {
        found[row]?.push(await by(cluster))
      } finally {
        await cluster.stop()
      }
    }
  }
  console.log(`push: ${count(PUSHES)} pushes of 128 B to everyone, of whom there is nobody`)
  const rows = ways.map(({ about }, row) => {
    const all = found[row] ?? []
    const ratios = all.map((value, round) => value / (found[0]?.[round] ?? Number.NaN))
    return [about, count(median(all)), times(median(ratios))]
  })
  console.log(`${table([['', 'pushes/s', '× without'], ...rows])}\n`)
  return true
}

/** What Redis alone bears, by how it is written to and what it keeps. */
async function redis({ rounds, secs }: Options): Promise<boolean> {
  const names = Object.keys(persistences) as Persistence[]
  const found = new Map(writings.map(({ about }) => [about, names.map((): number[] => [])]))
  const busy = new Map(writings.map(({ about }) => [about, names.map((): number[] => [])]))
  for (let round = 0; round < rounds; round++) {
    for (const [column, name] of names.entries()) {
      const server = await startRedis(name)
      try {
        for (const writing of writings) {
          const wrote = await write(server, writing, secs)
          found.get(writing.about)?.[column]?.push(wrote.perSecond * writing.recordsAnEntry)
          busy.get(writing.about)?.[column]?.push(wrote.busy)
        }
      } finally {
        await server.stop()
      }
    }
  }
  const rows = writings.map(({ about }) => [
    about,
    ...names.flatMap((_, column) => [
      count(median(found.get(about)?.[column] ?? [])),
      share(median(busy.get(about)?.[column] ?? [])),
    ]),
  ])
  const head = ['', ...names.flatMap(name => [`append-only: ${name}`, 'in XADD'])]
  console.log(
    `redis: records of 116 B a second that one client writes, and the share of the time that Redis spends in XADD`,
  )
  console.log(`${table([head, ...rows])}\n`)
  return true
}

export const cases = {
  fanout,
  scaling,
  hop: options => hop(200, options),
  'hop-busy': options => hop(2000, options),
  publish,
  push,
  redis,
} as const satisfies Record<string, Case>

export type CaseName = keyof typeof cases
