/** How fast an application can push to one node: by an endless request, and by a stream in Redis. */
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { call } from '../../src/control/client.ts'
import { type Cluster, ID } from './nodes.ts'

/** So many pushes are made. */
export const PUSHES = 20_000
/** So many lines, or entries, are written at a time. */
const CHUNK = 500
const POLL_MS = 5
const DONE_MS = 60_000
const PUSH = JSON.stringify({ message: 'p'.repeat(128) })

/** The stream in Redis; also the name that WS_PUSH_STREAM gets. */
export const STREAM = 'bench-pushes'

async function until(isDone: () => Promise<boolean>, what: string): Promise<void> {
  const late = performance.now() + DONE_MS
  while (!(await isDone())) {
    if (performance.now() > late) throw new Error(`${what} took more than ${DONE_MS} ms`)
    await sleep(POLL_MS)
  }
}

/** Lines in one request. @returns pushes a second until they are answered, and in Redis where there is one */
export async function pushRequest({ folders: [folder = ''], redis }: Cluster): Promise<number> {
  const socketPath = join(folder, 'run', `${ID}.sock`)
  const began = performance.now()
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const stream = request({ socketPath, method: 'POST', path: '/push', headers })
  const answer = new Promise<string>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('response', response => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
  })
  const lines = `${PUSH}\n`.repeat(CHUNK)
  for (let sent = 0; sent < PUSHES; sent += CHUNK) {
    if (!stream.write(lines)) await new Promise(resolve => stream.once('drain', resolve))
  }
  stream.end()
  const { pushed } = JSON.parse(await answer) as { pushed?: number }
  if (pushed !== PUSHES) throw new Error(`of ${PUSHES} pushes, ${pushed} were made`)
  if (redis !== undefined) {
    await until(async () => {
      const { text } = await call(socketPath, 'GET', '/status')
      const { backplane } = JSON.parse(text) as { backplane: { bufferedMessages: number } }
      return backplane.bufferedMessages === 0
    }, 'publishing')
  }
  return PUSHES / ((performance.now() - began) / 1000)
}

/** Entries in a stream. @returns pushes a second until all are acknowledged */
export async function pushStream({ redis }: Cluster): Promise<number> {
  const client = createClient({ url: redis?.url ?? '' })
  await client.connect()
  try {
    const began = performance.now()
    for (let sent = 0; sent < PUSHES; sent += CHUNK) {
      await Promise.all(Array.from({ length: CHUNK }, () => client.xAdd(STREAM, '*', { data: PUSH })))
    }
    await until(async () => {
      const [group] = await client.xInfoGroups(STREAM)
      return group?.['entries-read'] === PUSHES && group.pending === 0
    }, 'reading the stream')
    return PUSHES / ((performance.now() - began) / 1000)
  } finally {
    client.destroy()
  }
}
