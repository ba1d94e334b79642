/** Callers that listen to server-sent events. */
import { type Answer, eventsOf, hold } from '../ask.ts'
import type { Stage } from '../stage.ts'
import type { Case } from './case.ts'

/** So many may listen at a time (src/control/server.ts). */
const MOST_LISTENING = 32

/** Asks for events until these have come. */
export const until = (
  stage: Stage,
  path: string,
  events: readonly string[],
  meanwhile?: () => unknown,
): Promise<Answer> =>
  stage.get(path, {
    ...(meanwhile !== undefined && { meanwhile }),
    enough: text => {
      const come = eventsOf(text).map(({ event }) => event)
      return events.every(event => come.includes(event))
    },
  })

/** What is held, by its path. */
const held = new Map<string, Promise<unknown>>()

/** Once for all, a stage has as many listeners as it takes. */
export async function crowd(stage: Stage, path: string, count: number): Promise<Stage> {
  const all = held.get(path) ?? Promise.all(Array.from({ length: count }, () => hold(stage.door, path)))
  held.set(path, all)
  await all
  return stage
}

/** One more listener than a stage takes. */
export const listened =
  (path: string): Case =>
  async s =>
    (await crowd(s.stopped, '/events', MOST_LISTENING)).get(path)
