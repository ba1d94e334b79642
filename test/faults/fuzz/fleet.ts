/** Many connections that send what they were given, some at a time. */
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** What one connection sends. */
export interface Attack {
  /** Written one after another. */
  readonly pieces: readonly Buffer[]
  /** How many inputs that is. */
  readonly inputs: number
  readonly ending: Ending
}

/**
 * How a connection ends: `end` with what it has sent, at which node:http drops what it has not answered yet; `answered`
 * once nothing more comes; `reset` soon after it has sent; `linger` when the gateway has had time to end it.
 */
export type Ending = 'end' | 'answered' | 'reset' | 'linger'

/** How the connections of an HTTP server end: mostly so that all is worked off. */
export function httpEnding(random: Random): Ending {
  const share = random.next()
  return share < 0.7 ? 'answered' : share < 0.9 ? 'end' : 'reset'
}

export interface Fleet {
  /** So many inputs altogether, a few more at most. */
  readonly inputs: number
  readonly parallel: number
  /** The number of the first connection; each is made from its number alone, so that it can be had again. */
  readonly first: number
  address(index: number): NetConnectOpts
  make(index: number): Attack
  /** Sends no more once this is aborted. */
  readonly signal: AbortSignal
}

export interface Tally {
  inputs: number
  connections: number
  /** Answers by their HTTP status. */
  readonly statuses: Map<string, number>
  /** The numbers of connections that the gateway kept although they had ended. */
  readonly stuck: number[]
  /** The numbers of those that could not connect. */
  readonly refused: number[]
  /** The numbers of those that were answered with 500. */
  readonly failed: number[]
}

export const newTally = (): Tally => ({
  inputs: 0,
  connections: 0,
  statuses: new Map(),
  stuck: [],
  refused: [],
  failed: [],
})

/** Much more than a busy machine takes for one connection. */
const STUCK_MS = 20_000
/** The gateway ends what does not answer its close frame after a second. */
const LINGER_MS = 1500
/** So long after the last answer no further one is expected. */
const QUIET_MS = 20
const RESET_AFTER_MS = 3
/** Of an answer, so much is looked at; the rest is others' messages. */
const LOOK_BYTES = 32 * 1024

/** Sends the fleet's inputs, and adds what came of it to the tally. @returns the number for the next connection */
export async function send(fleet: Fleet, tally: Tally): Promise<number> {
  let index = fleet.first
  let left = fleet.inputs
  const worker = async (): Promise<void> => {
    while (left > 0 && !fleet.signal.aborted) {
      const own = index++
      const attack = fleet.make(own)
      left -= attack.inputs
      await sendOne(fleet.address(own), attack, own, tally)
      tally.inputs += attack.inputs
      tally.connections++
    }
  }
  await Promise.all(Array.from({ length: fleet.parallel }, worker))
  return index
}

function sendOne(address: NetConnectOpts, attack: Attack, index: number, tally: Tally): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(address)
    const answer: Buffer[] = []
    let seen = 0
    let connected = false
    let isIn = false
    const linger = attack.ending === 'linger'
    const late = setTimeout(
      () => {
        if (!linger) tally.stuck.push(index)
        socket.destroy()
      },
      linger ? LINGER_MS : STUCK_MS,
    )
    socket.on('connect', () => {
      connected = true
      socket.setNoDelay(true)
      write(socket, attack, 0)
    })
    let quiet: NodeJS.Timeout | undefined
    if (attack.ending === 'answered') {
      quiet = setTimeout(() => socket.end(), 5 * QUIET_MS)
      socket.on('data', (chunk: Buffer) => {
        clearTimeout(quiet)
        // Who has got in after all gets what others send, and is never left in quiet.
        if (chunk.includes('HTTP/1.1 101 ')) isIn = true
        if (isIn) socket.end()
        else quiet = setTimeout(() => socket.end(), QUIET_MS)
      })
    }
    socket.on('data', (chunk: Buffer) => {
      if (seen < LOOK_BYTES) answer.push(chunk)
      seen += chunk.length
    })
    // A reset is what many of these have earned; only who never got in is told apart.
    socket.on('error', () => {
      if (!connected) tally.refused.push(index)
    })
    socket.on('close', () => {
      clearTimeout(late)
      clearTimeout(quiet)
      countStatuses(Buffer.concat(answer).toString('latin1'), index, tally)
      resolve()
    })
  })
}

/** Writes the pieces with a turn of the event loop between them, so that they mostly arrive apart. */
function write(socket: Socket, attack: Attack, at: number): void {
  const piece = attack.pieces[at]
  if (socket.destroyed) return
  if (piece !== undefined) {
    socket.write(piece)
    if (at + 1 < attack.pieces.length) {
      setImmediate(() => write(socket, attack, at + 1))
      return
    }
  }
  if (attack.ending === 'end') socket.end()
  else if (attack.ending === 'reset') setTimeout(() => reset(socket), RESET_AFTER_MS)
}

/** A Unix socket knows no reset: it is closed with what has come unread. */
function reset(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

function countStatuses(text: string, index: number, tally: Tally): void {
  for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)) {
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1)
    if (status === '500') tally.failed.push(index)
  }
}
