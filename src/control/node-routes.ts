/** The other nodes of a cluster, each by itself: how it is, and what it is to do. */
import type { NodeAction } from '../cluster/questions.ts'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../problem.ts'
import { type Answer, type Call, type Handler, ok, param } from './call.ts'

export function listNodes({ gateway }: Call): Answer {
  return ok({ nodes: nodesOf(gateway) })
}

export async function showNode(call: Call): Promise<Answer> {
  const node = known(call)
  const status = await call.gateway.nodes.ask(node, { ask: 'status' })
  return status === undefined ? silent(node) : ok(status)
}

/** Begins, and does not wait for the end: a node that stops answers nobody for a while. */
export const actOn =
  (action: NodeAction): Handler =>
  async call => {
    const node = known(call)
    const answer = await call.gateway.nodes.ask(node, { ask: 'act', action })
    return answer === undefined ? silent(node) : { status: 202, body: { node, action } }
  }

/** @throws Problem 409, 404 */
function known(call: Call): string {
  const node = param(call, 'node')
  const live = nodesOf(call.gateway).map(({ id }) => id)
  if (live.includes(node)) return node
  throw new Problem(404, `there is no node ${JSON.stringify(node)}; there are ${live.join(', ')}`)
}

/** @throws Problem 409 */
function nodesOf(gateway: Gateway) {
  const { nodes } = gateway.status()
  if (nodes === undefined)
    throw new Problem(409, 'this gateway is one of no cluster: WS_REDIS_URL is not set')
  return nodes
}

/** @throws Problem 504 */
function silent(node: string): never {
  throw new Problem(504, `node ${node} does not answer`)
}
