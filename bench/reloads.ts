/**
 * A thousand reloads under traffic: no message lost, none twice, order kept, no connection dropped, and how much
 * memory the gateway's process has grown. `node --import tsx bench/reloads.ts [--times N] [--node FILE]`; exits 1
 * when something was lost or the process has grown too much.
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { gatewayAction, sendGatewayMessage } from '../src/client.ts'
import { portOf, start, stop } from './process.ts'

const LIMIT_MB = 60
const CLIENTS = 20
/** Between two messages of one client. */
const PAUSE_MS = 10

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '1000' },
    node: { type: 'string', default: process.execPath },
  },
})
const times = Number(values.times)
const folder = mkdtempSync(join(tmpdir(), 'reloads-'))
const controlDir = join(folder, 'run')
mkdirSync(join(folder, 'listener'))

/** Saves a version of the listener, and of a file that it imports. */
function save(version: number): void {
  writeFileSync(join(folder, 'listener', 'own.ts'), `export const version: number = ${version}\n`)
  writeFileSync(
    join(folder, 'listener', 'listener.ts'),
    `import type { Listener } from 'websocket-gateway'
import { version } from './own.ts'

const seen = new Map<string, number>()

export const onLoad: Listener['onLoad'] = gateway => {
  const timer = setInterval(() => seen.clear(), 1000)
  gateway.signal.addEventListener('abort', () => clearInterval(timer))
}

export const onMessage: Listener['onMessage'] = async data => {
  await null
  seen.set(String(data.message), version)
  // ${version}: a line that differs in this file as well.
  data.message = version + ' ' + data.message
}
`,
  )
}

function residentMb(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** A client that goes on sending numbered messages, and checks what it gets from everyone. */
class Talker {
  readonly ws: WebSocket
  readonly name: number
  sent = 0
  received = 0
  /** The newest version whose answer it has seen. */
  version = -1
  fault: string | undefined
  readonly #last = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(url: string, name: number) {
    this.name = name
    this.ws = new WebSocket(url)
    this.ws.on('message', data => this.#check(data.toString()))
    this.ws.on('close', code => this.#wrong(`closed with ${code}`))
  }

  talk(): void {
    this.#timer = setInterval(() => this.ws.send(`${this.name} ${++this.sent}`), PAUSE_MS)
  }

  silence(): void {
    clearInterval(this.#timer)
  }

  #check(text: string): void {
    const [version, name = '', number] = text.split(' ')
    this.version = Math.max(this.version, Number(version))
    if (name === 'push') return
    this.received++
    const expected = (this.#last.get(name) ?? 0) + 1
    if (Number(number) !== expected) this.#wrong(`got ${number} of ${name} where ${expected} was due`)
    this.#last.set(name, Number(number))
  }

  #wrong(what: string): void {
    this.fault ??= what
  }
}

save(0)
const gateway = start(
  [values.node, join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'main.js')],
  {
    cwd: folder,
    env: { PATH: process.env.PATH, WS_PORT: '0', WS_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
let ok = true
try {
  const url = `ws://127.0.0.1:${await portOf(gateway, 10_000)}`
  const talkers = Array.from({ length: CLIENTS }, (_, name) => new Talker(url, name))
  await Promise.all(talkers.map(({ ws }) => once(ws, 'open')))
  for (const talker of talkers) talker.talk()
  await new Promise(resolve => setTimeout(resolve, 2000))
  const before = residentMb(gateway.pid)
  const began = performance.now()
  let most = before
  for (let version = 1; version <= times; version++) {
    save(version)
    await gatewayAction('websocket', 'reload', { controlDir })
    await sendGatewayMessage('websocket', { message: 'push' }, { controlDir })
    most = Math.max(most, residentMb(gateway.pid))
  }
  const each = (performance.now() - began) / times
  const after = residentMb(gateway.pid)
  for (const talker of talkers) talker.silence()
  const sent = talkers.reduce((sum, talker) => sum + talker.sent, 0)
  const end = Date.now() + 10_000
  while (talkers.some(({ received, version }) => received < sent || version < times) && Date.now() < end) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const faults = talkers.flatMap(({ name, received, version, fault }) => [
    ...(fault === undefined ? [] : [`client ${name}: ${fault}`]),
    ...(received === sent ? [] : [`client ${name}: got ${received} of ${sent}`]),
    ...(version === times ? [] : [`client ${name}: the newest version that answered is ${version}`]),
  ])
  for (const fault of faults) console.log(fault)
  ok = faults.length === 0 && after - before < LIMIT_MB
  console.log(
    `${values.node === process.execPath ? process.version : values.node}: ${times} reloads, ${each.toFixed(1)} ms each, ` +
      `under ${sent} messages to ${CLIENTS} clients each, ${faults.length} faults; ` +
      `RSS ${before.toFixed(0)} MB + ${(after - before).toFixed(1)} MB (at most + ${(most - before).toFixed(1)}; limit ${LIMIT_MB})`,
  )
  for (const { ws } of talkers) ws.terminate()
} finally {
  await stop(gateway)
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = ok ? 0 : 1
