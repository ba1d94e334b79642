/** Which connections somebody looks for. */
import type { ClientConnection } from '../connections/connection.ts'
import type { ConnectionFilter } from './questions.ts'

/** @returns undefined when every connection is wanted */
export function matcher(filter: ConnectionFilter): ((connection: ClientConnection) => boolean) | undefined {
  const { group, user } = filter
  const search = filter.search?.toLowerCase()
  if (group === undefined && user === undefined && search === undefined) return undefined
  return connection =>
    (user === undefined || connection.user === user) &&
    (group === undefined || has(connection.groupNames, name => name === group)) &&
    (search === undefined || isFoundIn(connection, search))
}

function isFoundIn(connection: ClientConnection, search: string): boolean {
  const { id, user = '', request, groupNames } = connection
  const found = (text: string): boolean => text.toLowerCase().includes(search)
  return found(id) || found(user) || found(request.ip) || found(request.path) || has(groupNames, found)
}

function has(names: Iterable<string>, isIt: (name: string) => boolean): boolean {
  for (const name of names) if (isIt(name)) return true
  return false
}
