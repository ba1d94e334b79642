/** Waits for a state that can only be asked for, such as what another process answers. */
import { setTimeout as wait } from 'node:timers/promises'

/** How long anything is waited for that must come: long enough for a machine that stands still for seconds. */
export const PATIENCE_MS = 30_000

export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + withinMs
  let fault: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      fault = error
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`, { cause: fault })
    await wait(20)
  }
}
