/** What every operation answers alike: who asks without the token, and who means another gateway. */
import { type Answer, ask, type Door } from '../ask.ts'
import { type Operation, operations, samplePath } from '../document.ts'
import type { Case, Cases } from './case.ts'

/** So many wrong calls of an address wait for their answer at a time (src/control/guard.ts). */
const MOST_WAITING = 16
/** On a busy machine, those that wait may be answered before all others have asked. */
const TRIES = 4

export const everywhere: Cases = Object.fromEntries(
  operations.map((operation, index) => [operation.name, casesOf(operation, `127.0.1.${index + 1}`)]),
)

function casesOf(operation: Operation, address: string): Record<string, Case> {
  const { method, isOpen } = operation
  const path = samplePath(operation)
  return {
    ...(!isOpen && {
      '429 guesses': async s => refusal(operation, await s.main.tcp('127.0.2.1')),
      // Each from an address of its own, since every wrong call of one waits longer than the one before.
      '401 noToken': async s => ask(await s.main.tcp(address), method, path),
    }),
    '404 otherGateway': s => s.main.call(method, path, { headers: { 'gateway-id': 'other' } }),
  }
}

/** What becomes of an operation while as many wrong calls as may wait do so. */
async function refusal({ name }: Operation, door: Door): Promise<Answer> {
  for (let time = 0; ; time++) {
    const answer = await (await guesses(door, time)).get(name)
    if (answer === undefined) throw new Error(`${name} was not asked`)
    if (answer.status === 429 || time === TRIES) return answer
  }
}

const guessed: Promise<ReadonlyMap<string, Promise<Answer>>>[] = []

/** All operations are asked at once, while those that wait do so. @returns how each is answered, by its name */
function guesses(door: Door, time: number): Promise<ReadonlyMap<string, Promise<Answer>>> {
  guessed[time] ??= (async () => {
    const calls = Array.from({ length: MOST_WAITING + 1 }, () => ask(door, 'GET', '/status'))
    // The first that is refused is the one that was too many. Nobody waits for the others. If none is, it is tried again.
    await Promise.any(
      calls.map(async call => {
        const { status } = await call
        if (status !== 429) throw new Error(`this one has waited: ${status}`)
      }),
    ).catch(() => undefined)
    const headers = { authorization: 'Bearer wrong' }
    return new Map(
      operations
        .filter(({ isOpen }) => !isOpen)
        .map(operation => [operation.name, ask(door, operation.method, samplePath(operation), { headers })]),
    )
  })()
  return guessed[time]
}
