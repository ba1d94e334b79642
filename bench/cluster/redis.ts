/** A Redis of the benchmark's own, and what it bears. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { onCore, start, stop } from '../process.ts'

const START_MS = 5000
const RETRY_MS = 20

/** How Redis writes to the disk. */
export const persistences = {
  none: ['--appendonly', 'no'],
  everysec: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  always: ['--appendonly', 'yes', '--appendfsync', 'always'],
} as const

export type Persistence = keyof typeof persistences

export interface Redis {
  readonly url: string
  readonly pid: number
  /** How often a command has been called, and the time that Redis took for it in all, in microseconds. */
  calls(command: string): Promise<{ calls: number; us: number }>
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export async function startRedis(persistence: Persistence = 'none', core?: string): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'))
  const port = await freePort()
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const command = ['redis-server', ...words, ...persistences[persistence]]
  const child = start(core === undefined ? command : onCore(core, command), { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: RETRY_MS } })
  // Until it listens, and when it ends.
  client.on('error', () => undefined)
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  await Promise.race([client.connect(), failed, sleep(START_MS, undefined, { ref: false })])
  if (!client.isReady) throw new Error('redis-server does not answer')
  return {
    url,
    pid: child.pid ?? 0,
    calls: async command => {
      const line = (await client.info('commandstats')).match(
        new RegExp(`cmdstat_${command}:calls=(\\d+),usec=(\\d+)`),
      )
      return { calls: Number(line?.[1] ?? 0), us: Number(line?.[2] ?? 0) }
    },
    stop: async () => {
      client.destroy()
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** One way of writing to a stream. */
export interface Writing {
  readonly about: string
  readonly recordsAnEntry: number
  readonly inFlight: number
}

export const writings: readonly Writing[] = [
  { about: 'one record an entry, one in flight', recordsAnEntry: 1, inFlight: 1 },
  { about: 'one record an entry, 200 in flight', recordsAnEntry: 1, inFlight: 200 },
  { about: '200 records an entry, one in flight', recordsAnEntry: 200, inFlight: 1 },
]

const HISTORY = '50000'
/** What a short message and its envelope take. */
const RECORD = Buffer.alloc(116, 'r')

/** Writes for some seconds. @returns entries a second, and the share of a core that Redis used */
export async function write(redis: Redis, { recordsAnEntry, inFlight }: Writing, secs: number) {
  const client = createClient({ url: redis.url })
  await client.connect()
  const entry = Buffer.concat(Array.from({ length: recordsAnEntry }, () => RECORD))
  const key = `bench-${recordsAnEntry}-${inFlight}`
  let written = 0
  let end = Infinity
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await client.sendCommand(['XADD', key, 'MAXLEN', '~', HISTORY, '*', 'r', entry])
      written++
    }
  }
  const all = Promise.all(Array.from({ length: inFlight }, one))
  await sleep(500)
  const { us } = await redis.calls('xadd')
  const began = performance.now()
  written = 0
  end = began + secs * 1000
  await all
  const took = (performance.now() - began) / 1000
  const after = await redis.calls('xadd')
  await client.del(key)
  client.destroy()
  return { perSecond: written / took, busy: (after.us - us) / 1e6 / took }
}
