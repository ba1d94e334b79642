/** Waits for a state that can only be asked for, such as what another process answers. */
import { setTimeout as wait } from 'node:timers/promises'

export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
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
