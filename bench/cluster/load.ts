/** One load on a cluster, and what each process used of the cores meanwhile. */
import { fileURLToPath } from 'node:url'
import { type LoadResult, loadGenerator } from '../fanout/load.ts'
import { onCore, run } from '../process.ts'
import { watchCpu } from './cpu.ts'
import { type Cluster, type Kind, type KindName, kinds } from './nodes.ts'

const WARM_SECS = 1
/** What opening, warming up and draining may take beside. */
const SLACK_SECS = 60

export interface Load {
  /** How many clients receive. */
  readonly subscribers: number
  /** The node where they are; undefined spreads them over all nodes. */
  readonly at: number | undefined
  /** So many messages under way; or so many a second, whatever the nodes do. */
  readonly window?: number
  readonly rate?: number
  readonly core?: string
}

export interface Measured {
  readonly ok: boolean
  readonly perSecond: number
  readonly messages: number
  readonly p50: number
  readonly p99: number
  /** Shares of a core. */
  readonly nodes: readonly number[]
  readonly redis: number
  readonly load: number
  /** Entries that Redis took in a second. */
  readonly entries: number
}

const MESSAGE_BYTES = '128'

/** What publishes is always at the first node. */
export async function measure(
  cluster: Cluster,
  name: KindName,
  { subscribers, at, window, rate, core }: Load,
  secs: number,
): Promise<Measured & { readonly result: LoadResult }> {
  const { redis, pids, ports } = cluster
  const kind: Kind = kinds[name]
  // The publisher connects last. So it is the next in turn: begin where it comes to be at the first node.
  const turn = ports.length - (subscribers % ports.length)
  const spread = at === undefined ? [...ports.slice(turn), ...ports.slice(0, turn)] : [0]
  const first = at ?? ports.indexOf(spread[0] ?? 0)
  const words = [
    ...['fanout', '--n', String(subscribers), '--size', MESSAGE_BYTES, '--warm', String(WARM_SECS)],
    ...['--secs', String(secs), '--label', name, '--pids', pids.join()],
    ...['--url', cluster.url(first), '--pub', cluster.url(at === undefined ? first : 0)],
    ...(window === undefined ? [] : ['--window', String(window)]),
    ...(rate === undefined ? [] : ['--rate', String(rate)]),
    ...(kind.engineIo ? ['--eio'] : []),
  ]
  const generator = loadGenerator(fileURLToPath(new URL('spread.h', import.meta.url)))
  const command = ['env', `SPREAD_PORTS=${spread.join()}`, generator, ...words]
  const before = await redis?.calls('xadd')
  const began = performance.now()
  const cpu = watchCpu([...pids, redis?.pid ?? 0])
  // Code 2: something was lost, damaged or closed; the result says what.
  const output = await run(
    core === undefined ? command : onCore(core, command),
    (secs + SLACK_SECS) * 1000,
    [0, 2],
  )
  const shares = cpu(secs)
  const took = (performance.now() - began) / 1000
  const after = await redis?.calls('xadd')
  const result = JSON.parse(output) as LoadResult
  const of = (key: string): number => Number(result[key] ?? Number.NaN)
  return {
    result,
    ok: result.ok,
    perSecond: of('deliveries_per_s'),
    messages: of('msgs_per_s'),
    p50: of('p50_us'),
    p99: of('p99_us'),
    nodes: shares.slice(0, -1),
    redis: shares.at(-1) ?? Number.NaN,
    load: of('gen_cpu'),
    entries: ((after?.calls ?? 0) - (before?.calls ?? 0)) / Math.min(took, secs + WARM_SECS),
  }
}
