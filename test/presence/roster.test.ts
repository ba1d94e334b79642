import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry, PresenceRecord } from '../../src/presence/records.ts'
import { Roster } from '../../src/presence/roster.ts'

/** A roster that writes down what it tells. */
function roster(self = 'me') {
  const told: string[] = []
  const one = new Roster({
    came: (member, node) => told.push(`${member.user} came at ${node}`),
    leaving: (member, node) => told.push(`${member.user} awaited by ${node}`),
    returned: member => told.push(`${member.user} returned`),
    left: (member, node) => told.push(`${member.user} left ${node}`),
    unknown: node => node !== self,
  })
  const take = (node: string, record: PresenceRecord): string[] => {
    told.length = 0
    one.take(node, record)
    return [...told]
  }
  const gone = (node: string, heir?: string): string[] => {
    told.length = 0
    one.nodeGone(node, heir)
    return [...told]
  }
  return { one, take, gone }
}

const comes = (user: string, info?: string, version?: number): PresenceRecord => ({
  kind: 'in',
  group: 'g',
  user,
  info,
  version,
})
const goes = (user: string, leave: string): PresenceRecord => ({ kind: 'out', group: 'g', user, leave })
const left = (user: string, leave: string): PresenceRecord => ({ kind: 'left', group: 'g', user, leave })

test('a user comes once and leaves once, however many nodes hold it', () => {
  const { take } = roster()
  assert.deepEqual(take('A', comes('ann')), ['ann came at A'])
  assert.deepEqual(take('B', comes('ann')), [])
  assert.deepEqual(take('A', goes('ann', '1')), [])
  assert.deepEqual(take('B', goes('ann', '1')), ['ann awaited by B'])
  assert.deepEqual(take('A', left('ann', '1')), [])
  assert.deepEqual(take('B', left('ann', '1')), ['ann left B'])
  assert.deepEqual(take('A', comes('ann')), ['ann came at A'])
})

test('who comes back in time has not left, and the end of the wait before counts no more', () => {
  const { take } = roster()
  take('A', comes('ann'))
  take('A', goes('ann', '1'))
  assert.deepEqual(take('B', comes('ann')), ['ann returned'])
  assert.deepEqual(take('A', left('ann', '1')), [])
  assert.deepEqual(take('B', goes('ann', '9')), ['ann awaited by B'])
  assert.deepEqual(take('B', left('ann', '8')), [])
  assert.deepEqual(take('B', left('ann', '9')), ['ann left B'])
})

test('the heir of a node waits for those whom it held or waited for; without one they are forgotten', () => {
  const { one, take, gone } = roster()
  take('A', comes('ann'))
  take('A', comes('bob'))
  take('A', comes('cid'))
  take('B', comes('cid'))
  take('A', goes('bob', '1'))
  assert.deepEqual(gone('A', 'B').sort(), ['ann awaited by B', 'bob awaited by B'])
  assert.deepEqual(gone('A', 'C'), [])
  assert.deepEqual(gone('B').sort(), [])
  assert.equal(one.in('g').size, 0)
})

test('a snapshot says all that a node holds, in parts; whom it does not name has gone', () => {
  const { one, take } = roster()
  take('A', comes('ann', '1', 1))
  take('A', comes('bob'))
  const part = (entries: Entry[], isFirst: boolean, isLast: boolean) =>
    take('A', { kind: 'snapshot', entries, isFirst, isLast })
  assert.deepEqual(part([['g', 'ann', '2', 2]], true, false), [])
  assert.deepEqual(part([['g', 'cid', null, 0]], false, true), ['cid came at A', 'bob awaited by A'])
  assert.equal(one.in('g').get('ann')?.info, '2')
  // The beginning was missed.
  assert.deepEqual(
    take('B', { kind: 'snapshot', entries: [['g', 'eve', null, 0]], isFirst: false, isLast: true }),
    [],
  )
})

test('a node that has just come learns who is waited for', () => {
  const { take } = roster()
  take('A', { kind: 'snapshot', entries: [['g', 'ann', null, 0, '4']], isFirst: true, isLast: true })
  assert.deepEqual(take('B', comes('ann')), ['ann returned'])
})

test('a second tab that says nothing of its user leaves what the first has said', () => {
  const { one, take } = roster()
  take('A', comes('ann', '{"name":"Ann"}', 1))
  take('B', comes('ann'))
  assert.equal(one.in('g').get('ann')?.info, '{"name":"Ann"}')
  take('B', comes('ann', '"away"', 1))
  assert.equal(one.in('g').get('ann')?.info, '"away"')
})

test('a snapshot that repeats what is known does not undo what another node has said since', () => {
  const { one, take } = roster()
  take('A', comes('ann', '"here"', 1))
  take('B', comes('ann'))
  const says = (node: string, info: string | null, version: number): string[] =>
    take(node, { kind: 'snapshot', entries: [['g', 'ann', info, version]], isFirst: true, isLast: true })
  take('A', comes('ann', '"away"', 2))
  says('B', '"here"', 1)
  assert.equal(one.in('g').get('ann')?.info, '"away"')
  // Two said it at once: what stands later counts, with all.
  take('B', comes('ann', '"busy"', 2))
  says('A', '"away"', 2)
  assert.equal(one.in('g').get('ann')?.info, '"busy"')
  says('A', '"back"', 3)
  assert.equal(one.in('g').get('ann')?.info, '"back"', 'what was missed is made up for')
  take('A', comes('ann', undefined, 4))
  assert.equal(one.in('g').get('ann')?.info, undefined)
})

test('what has left while the records of its node were missed is no ghost', () => {
  const { one, take } = roster()
  for (const user of ['held', 'awaited', 'stays', 'twice']) take('A', comes(user))
  take('B', comes('twice'))
  take('A', goes('awaited', '1'))
  one.doubt('A')
  take('A', { kind: 'snapshot', entries: [['g', 'stays', null, 0]], isFirst: true, isLast: true })
  assert.deepEqual([...one.in('g').keys()], ['stays', 'twice'])
  assert.deepEqual(take('B', goes('twice', '1')), ['twice awaited by B'])
})

test('who is waited for again is waited for under the number that its node will end it with', () => {
  const { one, take } = roster()
  take('A', comes('ann'))
  one.doubt('A')
  take('A', { kind: 'snapshot', entries: [['g', 'ann', null, 0, '7']], isFirst: true, isLast: true })
  assert.deepEqual(take('A', left('ann', '7')), ['ann left A'])
  assert.equal(one.in('g').size, 0)
})

test('who is named as held and as waited for is held', () => {
  const { one, take } = roster()
  const entries = [
    ['g', 'ann', null, 0],
    ['g', 'ann', null, 0, '7'],
  ] as const
  take('A', { kind: 'snapshot', entries, isFirst: true, isLast: true })
  assert.deepEqual(one.in('g').get('ann')?.nodes, ['A'])
  assert.equal(one.in('g').get('ann')?.leaving, undefined)
})

test('a node that reads its own snapshot waits for nobody whose leave it has ended since', () => {
  const { one, take } = roster('A')
  take('A', comes('ann'))
  take('A', goes('ann', '1'))
  take('A', left('ann', '1'))
  take('A', { kind: 'snapshot', entries: [['g', 'ann', null, 0, '1']], isFirst: true, isLast: true })
  assert.equal(one.in('g').size, 0)
})

test('a node that comes while another one is silent believes whoever says that somebody has left', () => {
  const snapshot = (...entries: Entry[]): PresenceRecord => ({
    kind: 'snapshot',
    entries,
    isFirst: true,
    isLast: true,
  })
  // All others know that B holds ann as well, or did; this one has yet to hear of B.
  const comesLate = () => {
    const all = roster()
    all.one.expect(['A', 'B'])
    all.take('A', snapshot(['g', 'ann', null, 0]))
    assert.deepEqual(all.take('A', goes('ann', '1')), ['ann awaited by A'])
    return all
  }
  const silent = comesLate()
  silent.take('B', snapshot())
  assert.deepEqual(silent.take('B', left('ann', 'snapshot B')), ['ann left B'])

  const leaves = comesLate()
  assert.deepEqual(leaves.take('B', goes('ann', '5')), ['ann awaited by B'])
  leaves.take('B', snapshot(['g', 'ann', null, 0, '5']))
  assert.deepEqual(leaves.take('B', left('ann', '5')), ['ann left B'])

  const dead = comesLate()
  dead.gone('B', 'A')
  assert.deepEqual(dead.take('A', left('ann', 'B')), ['ann left A'])

  const there = comesLate()
  assert.deepEqual(there.take('B', snapshot(['g', 'ann', null, 0])), ['ann returned'])
  assert.deepEqual(there.take('A', left('ann', '1')), [])
  assert.deepEqual(there.take('B', goes('ann', '5')), ['ann awaited by B'])
  assert.deepEqual(there.take('A', left('ann', '1')), [], 'now it knows all')

  for (const { one } of [silent, leaves, dead]) assert.equal(one.in('g').size, 0)
})
