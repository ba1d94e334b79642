/** The routes of groups: who is in them, and how an application puts connections into them. */
import { notOpen } from '../cluster/all-nodes.ts'
import { groupNameFault } from '../connections/group-name.ts'
import { Problem } from '../problem.ts'
import { type Answer, type Call, type Handler, ok, param } from './call.ts'
import { readPage } from './paging.ts'

export async function listGroups({ gateway, query }: Call): Promise<Answer> {
  return ok(await gateway.nodes.groups(readPage(query, 'cluster')))
}

export async function listMembers(call: Call): Promise<Answer> {
  return ok(await call.gateway.nodes.members(groupOf(call), readPage(call.query, 'node')))
}

/** One connection joins or leaves. */
export const moveConnection =
  (what: 'join' | 'leave'): Handler =>
  async call => {
    const group = groupOf(call)
    const id = param(call, 'id')
    const connections = await call.gateway.nodes.carryOut({ ask: what, whose: { id }, group })
    return connections === 0 ? notOpen(id) : ok({ group, id, connections })
  }

/** The connections that a user has open now join or leave. */
export const moveUser =
  (what: 'join' | 'leave'): Handler =>
  async call => {
    const group = groupOf(call)
    const user = param(call, 'user')
    const connections = await call.gateway.nodes.carryOut({ ask: what, whose: { user }, group })
    return ok({ group, user, connections })
  }

/** @throws Problem 400 */
function groupOf(call: Call): string {
  const group = param(call, 'group')
  const fault = groupNameFault(group)
  if (fault !== undefined) throw new Problem(400, `a group's name takes ${fault}`)
  return group
}
