import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '../../src/connections/connection.ts'
import { idSource, newNodeId } from '../../src/connections/id.ts'
import { Registry } from '../../src/connections/registry.ts'

/** As much of a connection as the registry looks at. */
const connection = (id: string) => ({ id, place: 0 }) as ClientConnection

const idsOf = ({ connections }: { connections: ClientConnection[] }) => connections.map(({ id }) => id)

test('pages go by the order of opening, though an id is given at the handshake', () => {
  const nextId = idSource(newNodeId())
  const [a, b, c, d, e] = Array.from({ length: 5 }, nextId) as [string, string, string, string, string]
  const registry = new Registry()
  // The handshakes of b and a took long.
  for (const id of [c, d]) registry.add(connection(id))
  const first = registry.page(1, undefined)
  assert.deepEqual([idsOf(first), first.isLast], [[c], false])
  for (const id of [b, e, a]) registry.add(connection(id))
  const second = registry.page(2, c)
  assert.deepEqual([idsOf(second), second.isLast], [[d, b], false])
  // The last one of the page closes before the next page is asked for.
  registry.leave(registry.get(b) ?? connection(b))
  const third = registry.page(10, b)
  assert.deepEqual([idsOf(third), third.isLast], [[e, a], true])
})

test('behind an id that was never the end of a page, its age decides', () => {
  const nextId = idSource(newNodeId())
  const [a, b, c] = Array.from({ length: 3 }, nextId) as [string, string, string]
  const registry = new Registry()
  registry.add(connection(a))
  registry.add(connection(c))
  assert.deepEqual(idsOf(registry.page(10, b)), [c])
  assert.deepEqual(idsOf(registry.page(10, undefined)), [a, c])
})
