/** Closes connections one after another, each at a time by chance, so that a herd does not come back at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CLOSE } from './close-codes.ts'

/** A connection, as this sees it. */
export interface Drained {
  close(code: number, reason: string): void
}

const SLICE_MS = 50
/** The first share of the time closes nobody: load balancers must notice first. */
const NOTICE_SHARE = 0.2

/** @param ms how long it takes, whether or not anybody is connected */
export async function closeBitByBit(connections: Iterable<Drained>, ms: number): Promise<void> {
  const began = performance.now()
  const turns = [...connections]
    .map(connection => ({ connection, at: ms * (NOTICE_SHARE + (1 - NOTICE_SHARE) * Math.random()) }))
    .sort((a, b) => b.at - a.at)
  for (;;) {
    const passed = performance.now() - began
    for (let last = turns.at(-1); last !== undefined && last.at <= passed; last = turns.at(-1)) {
      turns.pop()
      last.connection.close(CLOSE.goingAway, 'gateway stops')
    }
    if (passed >= ms) return
    await sleep(Math.min(SLICE_MS, ms - passed))
  }
}
