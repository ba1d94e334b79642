/**
 * What it costs to ask an application: messages a second and their latency, the same decision made by a listener's
 * file, by an application over TCP, and by one over a Unix socket. The gateway has one core, the application and the
 * load share the other. `node --import tsx bench/http-listener/main.ts [--rounds N] [--secs S]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { load, loadGenerator } from '../fanout/load.ts'
import { median, table, times } from '../measure.ts'
import { aboveOtherWork, onCore, portOf, start, stop } from '../process.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    secs: { type: 'string', default: '4' },
    loadgen: { type: 'string' },
    priority: { type: 'boolean', default: false },
  },
})
if (values.priority) aboveOtherWork()

const here = dirname(fileURLToPath(import.meta.url))
const main = join(here, '..', '..', 'dist', 'main.js')
const loadgen = values.loadgen ?? loadGenerator()
const SECRET = 'a secret that both sides of the benchmark know'
const [GATEWAY_CORE, LOAD_CORE] = ['0', '1'] as const
const START_MS = 10_000

type Kind = 'module' | 'http' | 'unix'
const kinds: readonly Kind[] = ['module', 'http', 'unix']

interface Measured {
  /** 100 clients, each with one message under way. */
  readonly perSecond: number
  /** One client with one message under way: the way there and back, in microseconds. */
  readonly p50: number
  readonly p99: number
}

async function measure(kind: Kind): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'http-bench-'))
  const env = { PATH: process.env.PATH, WS_LISTENER_SECRET: SECRET }
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const application =
    kind === 'module'
      ? undefined
      : start(
          onCore(LOAD_CORE, [
            process.execPath,
            join(here, 'application.mjs'),
            kind === 'http' ? '0' : join(folder, 'app.sock'),
          ]),
          { env, stdio: [...stdio] },
        )
  const listener =
    application === undefined
      ? join(here, 'listener')
      : await portOf(application, START_MS).then(port =>
          kind === 'http' ? `http://127.0.0.1:${port}/` : `unix:${join(folder, 'app.sock')}:/`,
        )
  const gateway = start(onCore(GATEWAY_CORE, [process.execPath, main]), {
    cwd: folder,
    env: {
      ...env,
      WS_PORT: '0',
      WS_HOST: '127.0.0.1',
      WS_LISTENER: listener,
      WS_LISTENER_EVENTS: 'message',
      WS_ALLOWED_ORIGINS: '*',
    },
    stdio: [...stdio],
  })
  try {
    const url = `ws://127.0.0.1:${await portOf(gateway, START_MS)}/`
    const echo = async (clients: string) => {
      const words = ['echo', '--url', url, '--n', clients, '--secs', values.secs]
      const result = await load(loadgen, LOAD_CORE, words, 60_000)
      if (!result.ok) throw new Error(`${kind}: ${JSON.stringify(result)}`)
      return result
    }
    const many = await echo('100')
    const one = await echo('1')
    return { perSecond: Number(many.msgs_per_s), p50: Number(one.p50_us), p99: Number(one.p99_us) }
  } finally {
    await stop(gateway)
    if (application !== undefined) await stop(application)
    rmSync(folder, { recursive: true })
  }
}

const rounds: Record<Kind, Measured>[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  const measured: Partial<Record<Kind, Measured>> = {}
  for (const kind of kinds) measured[kind] = await measure(kind)
  // Each kind has been measured.
  rounds.push(measured as Record<Kind, Measured>)
}

const of = (kind: Kind, key: keyof Measured): number => median(rounds.map(round => round[kind][key]))
const ratio = (kind: Kind): number =>
  median(rounds.map(round => round[kind].perSecond / round.module.perSecond))
console.log(
  table([
    ['listener', 'messages/s', '× module', 'p50 µs', 'p99 µs', 'added p50', 'added p99'],
    ...kinds.map(kind => [
      { module: "a listener's file", http: 'application, TCP', unix: 'application, Unix socket' }[kind],
      ...[of(kind, 'perSecond').toFixed(0), times(ratio(kind))],
      ...[of(kind, 'p50'), of(kind, 'p99')].map(us => us.toFixed(0)),
      ...(['p50', 'p99'] as const).map(key =>
        median(rounds.map(round => round[kind][key] - round.module[key])).toFixed(0),
      ),
    ]),
  ]),
)
