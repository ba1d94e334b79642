/** What an application pushes: checked here, whichever door it came through. */
import { fromBase64 } from './base64.ts'
import { kindOf } from './kind-of.ts'
import type { ListenerData } from './listener/types.ts'
import { Problem } from './problem.ts'

/** How a push ended. */
export interface Pushed {
  /** How many connections it was queued for. */
  readonly recipients: number
  /** In a cluster: how many nodes it went to, this one included. */
  readonly nodes?: number
  /** Whether the other nodes get it later, when Redis is back. */
  readonly kept?: true
}

/** What a push is answered with. */
export function pushAnswer(delivered: {
  readonly count: number
  readonly nodes?: number
  readonly kept?: true
}): Pushed {
  const { count, nodes, kept } = delivered
  return { recipients: count, ...(nodes !== undefined && { nodes }), ...(kept && { kept }) }
}

/** Keys that look like recipients, and what was meant. */
const SINGULAR = Object.entries({
  connection: 'connections',
  to: 'connections',
  group: 'groups',
  user: 'users',
})

/**
 * A push that goes to everyone although it has a key that looks like a recipient. It is no fault, since further keys are
 * the application's own; but it may be a slip.
 * @returns a sentence for the log, or undefined
 */
export function likelySlip(data: ListenerData): string | undefined {
  const { connections, groups, users } = data
  if (connections !== undefined || groups !== undefined || users !== undefined) return undefined
  for (const [key, meant] of SINGULAR) {
    if (typeof data[key] !== 'string') continue
    return `a push with "${key}" goes to everyone: if that was meant to be its recipient, write "${meant}": […]`
  }
  return undefined
}

/**
 * Makes of what was pushed the `data` of `onMessage`: the object itself, its base64 message as a Buffer.
 * @throws Problem 400 that says what is wrong with it
 */
export function pushData(pushed: unknown): ListenerData {
  if (typeof pushed !== 'object' || pushed === null || Array.isArray(pushed)) {
    throw new Problem(400, `a push is a JSON object with a "message", got ${kindOf(pushed)}`)
  }
  const data = pushed as Record<string, unknown>
  if (!Object.hasOwn(data, 'message')) throw new Problem(400, 'a push takes a "message", and has none')
  if (Object.hasOwn(data, 'conn')) {
    throw new Problem(400, 'a push has no "conn"; name its recipients in "connections"')
  }
  for (const list of ['groups', 'users'] as const) {
    const fault = textsFault(data[list])
    if (fault !== undefined) throw new Problem(400, `"${list}" takes an array of texts, got ${fault}`)
  }
  for (const list of ['connections', 'except'] as const) {
    if (data[list] !== undefined && !Array.isArray(data[list])) {
      throw new Problem(400, `"${list}" takes an array of connection ids, got ${kindOf(data[list])}`)
    }
  }
  if (data.encoding !== undefined) {
    if (data.encoding !== 'base64') {
      throw new Problem(400, `"encoding" takes "base64", got ${JSON.stringify(data.encoding)}`)
    }
    const bytes = fromBase64(data.message)
    if (bytes === undefined) {
      throw new Problem(400, '"message" is no base64 text, which "encoding" says it is')
    }
    data.message = bytes
    delete data.encoding
  }
  // It has what ListenerData asks for; its further keys are the application's.
  return data as unknown as ListenerData
}

/** What is wrong with a list of names, or undefined. `undefined` in it is passed over, as a listener's push may have it. */
function textsFault(list: unknown): string | undefined {
  if (list === undefined) return undefined
  if (!Array.isArray(list)) return kindOf(list)
  const wrong = list.findIndex(name => name !== undefined && typeof name !== 'string')
  return wrong === -1 ? undefined : `${kindOf(list[wrong])} at [${wrong}]`
}
