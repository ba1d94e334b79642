import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Incoming } from '../../src/backplane/incoming.ts'

const entry = (session: number, number: number, first: number) => ({
  node: 'n',
  session,
  entry: number,
  first,
})

test('what comes in order is fresh', () => {
  const incoming = new Incoming()
  assert.deepEqual(incoming.take(entry(1, 0, 1), 0), {
    repeated: 0,
    missed: 0,
    isCurrent: true,
    hasGap: false,
  })
  assert.deepEqual(incoming.take(entry(1, 1, 1), 3), {
    repeated: 0,
    missed: 0,
    isCurrent: true,
    hasGap: false,
  })
  assert.deepEqual(incoming.take(entry(2, 0, 4), 1), {
    repeated: 0,
    missed: 0,
    isCurrent: true,
    hasGap: false,
  })
})

test('an entry that was sent again is a repeat, also when more has come to it', () => {
  const incoming = new Incoming()
  incoming.take(entry(1, 0, 1), 2)
  assert.equal(incoming.take(entry(2, 0, 1), 3).repeated, 2)
  // The first one, late: of a session that is over, and nothing in it is new.
  const late = incoming.take(entry(1, 0, 1), 2)
  assert.deepEqual([late.repeated, late.isCurrent, late.missed], [2, false, 0])
})

test('gaps are counted in messages, and noticed without any', () => {
  const incoming = new Incoming()
  incoming.take(entry(1, 0, 1), 2)
  assert.deepEqual(incoming.take(entry(1, 5, 13), 1), {
    repeated: 0,
    missed: 10,
    isCurrent: true,
    hasGap: true,
  })
  assert.deepEqual(incoming.take(entry(1, 7, 14), 0), {
    repeated: 0,
    missed: 0,
    isCurrent: true,
    hasGap: true,
  })
  // The beginning of its next session was missed.
  assert.equal(incoming.take(entry(2, 1, 14), 0).hasGap, true)
})

test('of a node that is new nothing has been missed', () => {
  assert.deepEqual(new Incoming().take(entry(3, 9, 1000), 5), {
    repeated: 0,
    missed: 0,
    isCurrent: true,
    hasGap: true,
  })
})
