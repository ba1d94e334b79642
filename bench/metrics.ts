/**
 * What a scrape of `GET /metrics` costs, without and with many connections, each of a user and in a group of its own.
 * `node --import tsx bench/metrics.ts [--connections N] [--scrapes N] [--node FILE]`
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { median, table } from './measure.ts'
import { number } from './options.ts'
import { portOf, start, stop } from './process.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    scrapes: { type: 'string', default: '200' },
    node: { type: 'string', default: process.execPath },
  },
})
const connections = number('--connections', values.connections, 1, 15_000)
const scrapes = number('--scrapes', values.scrapes, 1, 10_000)
/** So many come in at a time. */
const AT_A_TIME = 100

const listener = `export const onClientOpen = ({ conn }) => {
  conn.user = 'user ' + conn.id
  conn.join('group ' + conn.id)
}`

const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
mkdirSync(join(folder, 'listener'))
writeFileSync(join(folder, 'listener', 'listener.mjs'), listener)
const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'main.js')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

async function scrape(): Promise<string> {
  const asked = get({ agent, socketPath: join(folder, 'run', 'websocket.sock'), path: '/metrics' })
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

function metricOf(name: string, text: string): number {
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}

/** One row: how long a scrape takes, what it takes of the processor, and how much it is. */
async function measure(): Promise<string[]> {
  const before = await scrape()
  const took: number[] = []
  let last = before
  for (let i = 0; i < scrapes; i++) {
    const began = performance.now()
    last = await scrape()
    took.push(performance.now() - began)
  }
  const cpu = metricOf('process_cpu_seconds_total', last) - metricOf('process_cpu_seconds_total', before)
  took.sort((a, b) => a - b)
  return [
    String(metricOf('websocket_gateway_connections', last)),
    median(took).toFixed(2),
    (took[Math.floor(took.length * 0.99)] ?? Number.NaN).toFixed(2),
    ((cpu * 1000) / scrapes).toFixed(2),
    (Buffer.byteLength(last) / 1000).toFixed(1),
  ]
}

const gateway = start([values.node, main], {
  cwd: folder,
  // No heartbeats, which would be measured as well.
  env: { PATH: process.env.PATH, WS_PORT: '0', WS_HOST: '127.0.0.1', WS_HEARTBEAT_MS: '600000' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const port = await portOf(gateway, 10_000)
  const rows = [['connections', 'ms', 'ms, p99', 'ms of processor', 'kB']]
  // The first ones load prom-client, and let V8 compile.
  await measure()
  rows.push(await measure())
  for (let i = 0; i < connections; i += AT_A_TIME) {
    const some = Array.from(
      { length: Math.min(AT_A_TIME, connections - i) },
      () => new WebSocket(`ws://127.0.0.1:${port}`),
    )
    await Promise.all(some.map(client => once(client, 'open')))
  }
  rows.push(await measure())
  console.log(table(rows))
} finally {
  agent.destroy()
  await stop(gateway)
  rmSync(folder, { recursive: true, force: true })
}
// The clients are left to the end of this process.
process.exit(0)
