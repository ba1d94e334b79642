/** The recipients of a message, as other nodes can look them up. */
import type { RemoteRecipients } from '../backplane/records.ts'
import { nodeOf } from '../connections/id.ts'
import type { Recipients } from '../delivery/recipients.ts'
import type { Recipient } from '../listener/types.ts'

/** @returns undefined for everyone */
export function toRemote(
  { connections, groups, users, except }: Recipients,
  self: string,
): RemoteRecipients | undefined {
  const elsewhere = (list: readonly Recipient[]): string[] =>
    list.flatMap(entry => {
      const id = typeof entry === 'string' ? entry : entry?.id
      const node = typeof id === 'string' ? nodeOf(id) : undefined
      return id === undefined || node === undefined || node === self ? [] : [id]
    })
  const given = (list: readonly (string | undefined)[]): string[] => list.filter(name => name !== undefined)
  const left = except === undefined ? [] : elsewhere(except)
  const remote = {
    ...(connections && { connections: elsewhere(connections) }),
    ...(groups && { groups: given(groups) }),
    ...(users && { users: given(users) }),
    ...(left.length > 0 && { except: left }),
  }
  return Object.keys(remote).length === 0 ? undefined : remote
}

/** Those of them that this node can know. */
export function fromRemote(remote: RemoteRecipients | undefined, self: string): Recipients {
  if (remote?.connections === undefined) return remote ?? {}
  return { ...remote, connections: remote.connections.filter(id => nodeOf(id) === self) }
}
