import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolve } from '../../src/delivery/recipients.ts'
import type { Connection, Recipient } from '../../src/listener/types.ts'

// Only what recipients are known by: the rest of a connection plays no part here.
const connection = (id: string): Connection => ({ id }) as Connection
const [a, b, c] = [connection('a'), connection('b'), connection('c')]
const groups = new Map([
  ['ab', new Set([a, b])],
  ['bc', new Set([b, c])],
])
const all = new Map([a, b, c].map(one => [one.id, one]))
const directory = {
  get: (id: string) => all.get(id),
  inGroup: (name: string) => groups.get(name),
  ofUser: () => undefined,
  isElsewhere: (id: string) => id.startsWith('other-'),
  [Symbol.iterator]: () => all.values(),
}

function ids(only?: unknown, except?: unknown) {
  const { sinks, unknown } = resolve(
    { connections: only as Recipient[] | undefined, except: except as Recipient[] | undefined },
    directory,
  )
  return { ids: [...sinks].map(sink => sink.id).join(''), unknown }
}

test('everyone, or those listed, without those excepted', () => {
  assert.deepEqual(ids(), { ids: 'abc', unknown: 0 })
  assert.deepEqual(ids(undefined, []), { ids: 'abc', unknown: 0 })
  assert.deepEqual(ids(undefined, [a]), { ids: 'bc', unknown: 0 })
  assert.deepEqual(ids(undefined, ['b', c]), { ids: 'a', unknown: 0 })
  assert.deepEqual(ids([]), { ids: '', unknown: 0 })
  assert.deepEqual(ids([b, 'a']), { ids: 'ba', unknown: 0 })
  assert.deepEqual(ids([a, b, c], ['b']), { ids: 'ac', unknown: 0 })
})

test('nobody twice; unknown and closed ones are left out and counted; undefined is passed over', () => {
  assert.deepEqual(ids([a, 'a', a]), { ids: 'a', unknown: 0 })
  assert.deepEqual(ids(['gone', a, connection('closed'), 7, null, {}]), { ids: 'a', unknown: 5 })
  assert.deepEqual(ids([undefined, a]), { ids: 'a', unknown: 0 })
  assert.deepEqual(ids(undefined, [undefined]), { ids: 'abc', unknown: 0 })
})

test('a list that is no array is never taken for everyone', () => {
  assert.throws(() => ids(new Set([a])), /data\.connections takes an array/)
  assert.throws(() => ids(undefined, 'a'), /data\.except takes an array/)
})
