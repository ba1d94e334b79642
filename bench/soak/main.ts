/**
 * Hours in the life of a gateway, in minutes: many clients that stay, chat, come and go, vanish and stop reading,
 * under a stream of pushes. `node --import tsx bench/soak/main.ts [--minutes N] [--clients N] [--seed N]`; exits 1
 * when a message was lost, doubled or out of order, or a client fared otherwise than it should.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Status } from '../../src/client.ts'
import { call } from '../../src/control/client.ts'
import { portOf, start, stop } from '../process.ts'
import type { Client, Run } from './client.ts'
import { Chatter, Comer, Staller, Stayer, Vanisher } from './kinds.ts'
import { Publisher } from './publisher.ts'
import { endings, judge, type Sample, slope } from './report.ts'
import { together } from './sequence.ts'

/** Shares of all clients; the rest stall. */
const SHARES = { stayers: 0.5, chatters: 0.2, comers: 0.2, vanishers: 0.06 }
/** One in so many stallers is a glutton. */
const GLUTTONS = 4
const LIMITS = {
  WS_HEARTBEAT_MS: '5000',
  WS_MAX_BUFFERED_BYTES: '1048576',
  WS_MAX_MESSAGES_PER_SECOND: '100',
  WS_IDLE_TIMEOUT_MS: '0',
  WS_MAX_CONNECTION_AGE_MS: '0',
}
const SAMPLE_MS = 10_000
const WARM_UP_SHARE = 0.2
/** So many clients connect at a time in the beginning. */
const AT_ONCE = 50
/** What was pushed last must have come by then. */
const TAIL_MS = 10_000
const STOP_MS = 10_000
/** Files of each process that are no clients. */
const OTHER_FILES = 100

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
})
const count = Number(values.clients)
const runMs = Number(values.minutes) * 60_000

const most = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
if (most < count + OTHER_FILES) {
  console.error(`${count} clients need ulimit -n ${count + OTHER_FILES}, and it is ${most}`)
  process.exit(1)
}

const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'soak-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const socketPath = join(folder, 'run', 'websocket.sock')
const gateway = start([process.execPath, join(dirname(dirname(here)), 'dist', 'main.js')], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    WS_PORT: '0',
    WS_HOST: '127.0.0.1',
    WS_LISTENER: join(here, 'listener.ts'),
    WS_LOG_LEVEL: 'info',
    ...LIMITS,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})

/** mulberry32: small, and good enough to spread clients over time. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function crowd(run: Run): Client[] {
  const many = <T>(share: number, make: (number: number) => T): T[] =>
    Array.from({ length: Math.round(count * share) }, (_, number) => make(number))
  const clients: Client[] = [
    ...many(SHARES.stayers, () => new Stayer(run)),
    ...many(SHARES.chatters, number => new Chatter(run, number)),
    ...many(SHARES.comers, () => new Comer(run)),
    ...many(SHARES.vanishers, () => new Vanisher(run)),
  ]
  for (let n = 0; clients.length < count; n++) clients.push(new Staller(run, n % GLUTTONS === 0))
  return clients
}

async function status(): Promise<{ status: Status; ms: number }> {
  const began = performance.now()
  const { text } = await call(socketPath, 'GET', '/status')
  return { status: JSON.parse(text) as Status, ms: performance.now() - began }
}

function residentMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Prints a line each ten seconds until the time is over. */
async function watch(publisher: Publisher, clients: readonly Client[]): Promise<Sample[]> {
  const samples: Sample[] = []
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const began = performance.now()
  console.log('elapsed  connections  RSS MB  GET /status ms  bench p99 ms  published  lost')
  for (let due = SAMPLE_MS; due <= runMs; due += SAMPLE_MS) {
    await Promise.race([sleep(began + due - performance.now()), publisher.answer])
    const mb = residentMb()
    const { status: now, ms } = await status()
    samples.push({ hours: due / 3_600_000, mb })
    const lost = together(clients.map(client => client.tally())).lost
    const cells = [
      `${due / 1000} s`.padStart(7),
      String(now.connections).padStart(11),
      mb.toFixed(1).padStart(6),
      ms.toFixed(1).padStart(14),
      // How late the bench itself is: it delays what it measures.
      (delay.percentile(99) / 1e6).toFixed(0).padStart(12),
      String(publisher.published).padStart(9),
      String(lost).padStart(4),
    ]
    console.log(cells.join('  '))
    delay.reset()
  }
  delay.disable()
  return samples
}

/** Ends the gateway as Docker does. @returns how it went */
async function end(): Promise<string> {
  const began = performance.now()
  const gone = once(gateway, 'close')
  gateway.kill('SIGTERM')
  const [code] = (await Promise.race([gone, sleep(STOP_MS, ['none'])])) as unknown[]
  return `exit code ${code} after ${(performance.now() - began).toFixed(0)} ms`
}

try {
  const url = `ws://127.0.0.1:${await portOf(gateway, 10_000)}`
  const run: Run = { url, random: randomOf(Number(values.seed)), isOver: false, faults: new Map() }
  const clients = crowd(run)
  const connecting = performance.now()
  for (let from = 0; from < clients.length; from += AT_ONCE) {
    await Promise.all(clients.slice(from, from + AT_ONCE).map(client => client.connect()))
  }
  const took = performance.now() - connecting
  console.log(`${process.version}, ${count} clients connected in ${took.toFixed(0)} ms, seed ${values.seed}`)
  for (const client of clients) if (client instanceof Chatter) client.talk()
  const publisher = new Publisher(socketPath)
  const samples = await watch(publisher, clients)

  publisher.end()
  for (const client of clients) if (client instanceof Chatter) client.rest()
  const answer = await Promise.race([publisher.answer, sleep(TAIL_MS, 'none')])
  // The last ones are on their way.
  await sleep(1000)
  const { status: last } = await status()
  run.isOver = true
  const wrong = judge(clients, publisher.published)
  const mbAnHour = slope(samples.slice(Math.floor(samples.length * WARM_UP_SHARE)))
  console.log(
    `memory: ${mbAnHour.toFixed(1)} MB an hour after a warm-up of ${(WARM_UP_SHARE * runMs) / 1000} s`,
  )
  console.log(`the stream of pushes: ${answer}`)
  console.log(`status: ${last.connections} connections, ${JSON.stringify(last.counters)}`)
  console.log(`SIGTERM with all of them connected: ${await end()}`)
  console.log('connections by their end:')
  for (const [how, times] of await endings(join(folder, 'logs', 'WebSocket.log'))) {
    console.log(`  ${times} × ${how}`)
  }
  for (const client of clients) client.leave()
  for (const [fault, times] of run.faults) console.log(`FAULT ${times} × ${fault}`)
  process.exitCode = wrong === 0 && run.faults.size === 0 ? 0 : 1
} finally {
  await stop(gateway)
}
// Timers of clients that were about to come again must not keep it.
process.exit()
