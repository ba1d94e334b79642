/**
 * What it costs to ask an application: messages a second and their latency, the same decision made by a listener's
 * file, by an application over TCP, and by one over a Unix socket. The gateway has one core, the application and the
 * load share the other. `node --import tsx bench/http-listener/main.ts [--rounds N] [--secs S]`
 */
import type { ChildProcess } from 'node:child_process'
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
  const running: ChildProcess[] = []
  /** Starts a Node process on a core, and waits until it listens. */
  const listening = async (core: string, words: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const child = start(onCore(core, [process.execPath, ...words]), {
      cwd: folder,
      env: { PATH: process.env.PATH, WS_LISTENER_SECRET: SECRET, ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.push(child)
    return portOf(child, START_MS)
  }
  try {
    const socket = join(folder, 'app.sock')
    const application = async (place: string) => listening(LOAD_CORE, [join(here, 'application.mjs'), place])
    const listener = {
      module: async () => join(here, 'listener'),
      http: async () => `http://127.0.0.1:${await application('0')}/`,
      unix: async () => {
        await application(socket)
        return `unix:${socket}:/`
      },
    }
    const port = await listening(GATEWAY_CORE, [main], {
      WS_PORT: '0',
      WS_HOST: '127.0.0.1',
      WS_LISTENER: await listener[kind](),
      WS_LISTENER_EVENTS: 'message',
      WS_ALLOWED_ORIGINS: '*',
    })
    const echo = async (clients: string) => {
      const words = ['echo', '--url', `ws://127.0.0.1:${port}/`, '--n', clients, '--secs', values.secs]
      const result = await load(loadgen, LOAD_CORE, words, 60_000)
      if (!result.ok) throw new Error(`${kind}: ${JSON.stringify(result)}`)
      return result
    }
    const many = await echo('100')
    const one = await echo('1')
    return { perSecond: Number(many.msgs_per_s), p50: Number(one.p50_us), p99: Number(one.p99_us) }
  } finally {
    for (const child of running) await stop(child)
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
