import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outgoing } from '../../src/backplane/outgoing.ts'
import { type BusRecord, fromBatch, toBatch, write } from '../../src/backplane/records.ts'

const message = (text: string) => write({ kind: 'message' }, Buffer.from(text))
const beat = () => write({ kind: 'beat', host: 'h', connections: 0, groups: 0, users: 0 })

/** What a batch holds, in short. */
function shown(batch: ReturnType<Outgoing['next']>) {
  if (batch === undefined) return undefined
  const records = [...fromBatch(toBatch(batch.records))]
  const texts = records.map(({ record, payload }) =>
    record.kind === 'message' ? payload.toString() : record.kind,
  )
  return { first: batch.first, numbered: batch.numbered, texts }
}

test('what piles up while a batch is under way goes together in the next one', () => {
  const outgoing = new Outgoing(1e6)
  outgoing.addNumbered(message('a'))
  assert.deepEqual(shown(outgoing.next()), { first: 1, numbered: 1, texts: ['a'] })
  outgoing.addNumbered(message('b'))
  outgoing.addNumbered(message('c'))
  assert.equal(outgoing.next(), undefined)
  outgoing.taken()
  assert.deepEqual(shown(outgoing.next()), { first: 2, numbered: 2, texts: ['b', 'c'] })
  outgoing.taken()
  assert.equal(outgoing.isEmpty, true)
  assert.deepEqual([outgoing.messages, outgoing.bytes], [0, 0])
})

test('a batch whose answer was lost is sent again with its numbers, with what has come since; state is not', () => {
  const outgoing = new Outgoing(1e6)
  for (const text of ['a', 'b']) outgoing.addNumbered(message(text))
  outgoing.addState(beat())
  assert.deepEqual(shown(outgoing.next())?.texts, ['beat', 'a', 'b'])
  outgoing.addNumbered(message('c'))
  outgoing.lost()
  assert.deepEqual(shown(outgoing.next()), { first: 1, numbered: 3, texts: ['a', 'b', 'c'] })
})

test('state goes first, and says what number comes next', () => {
  const outgoing = new Outgoing(1e6)
  outgoing.addState(beat())
  assert.deepEqual(shown(outgoing.next()), { first: 1, numbered: 0, texts: ['beat'] })
  outgoing.taken()
  outgoing.addNumbered(message('a'))
  outgoing.addState(beat())
  assert.deepEqual(shown(outgoing.next()), { first: 1, numbered: 1, texts: ['beat', 'a'] })
})

test('past the bound the oldest go, and numbers show the gap; what is under way and the newest stay', () => {
  const outgoing = new Outgoing(1000)
  outgoing.addNumbered(message('a'))
  outgoing.next()
  const dropped = ['b', 'c', 'd', 'e', 'f', 'g'].map(text => outgoing.addNumbered(message(text)))
  const count = dropped.reduce((sum, one) => sum + one, 0)
  assert.ok(count > 0)
  assert.equal(outgoing.dropped, count)
  outgoing.lost()
  // Behind the gap a batch of its own begins.
  assert.deepEqual(shown(outgoing.next()), { first: 1, numbered: 1, texts: ['a'] })
  outgoing.taken()
  assert.equal(shown(outgoing.next())?.first, 2 + count)
  outgoing.taken()
  outgoing.addNumbered(message('x'.repeat(5000)))
  assert.deepEqual(shown(outgoing.next())?.texts, ['x'.repeat(5000)])
})

test('a batch has its bounds: records and bytes', () => {
  const outgoing = new Outgoing(1e9)
  for (let i = 0; i < 1500; i++) outgoing.addNumbered(message('m'))
  assert.equal(outgoing.next()?.numbered, 1000)
  outgoing.taken()
  assert.equal(outgoing.next()?.numbered, 500)
  outgoing.taken()
  for (let i = 0; i < 3; i++) outgoing.addNumbered(message('x'.repeat(600_000)))
  assert.equal(outgoing.next()?.numbered, 1)
})

test('a batch that was cut is none', () => {
  const batch = toBatch([message('hello'), write({ kind: 'dead', node: 'n' } satisfies BusRecord)])
  assert.equal([...fromBatch(batch)].length, 2)
  assert.throws(() => [...fromBatch(batch.subarray(0, batch.length - 1))], RangeError)
})

test('a message that is larger than what may wait costs none of those that come while it is under way', () => {
  const outgoing = new Outgoing(1000)
  outgoing.addNumbered(message('x'.repeat(5000)))
  assert.equal(outgoing.next()?.numbered, 1)
  for (const text of ['a', 'b', 'c']) assert.equal(outgoing.addNumbered(message(text)), 0)
  outgoing.taken()
  assert.deepEqual(shown(outgoing.next())?.texts, ['a', 'b', 'c'])
  outgoing.taken()
  assert.equal(outgoing.bytes, 0)
})

test('a large state goes in several batches, in its order', () => {
  const outgoing = new Outgoing(1e6)
  const info = JSON.stringify('x'.repeat(4000))
  for (let i = 0; i < 1000; i++) {
    outgoing.addState(write({ kind: 'in', group: 'g', user: String(i), info, version: i }))
  }
  const users: string[] = []
  for (let batch = outgoing.next(); batch !== undefined; batch = outgoing.next()) {
    const written = toBatch(batch.records)
    assert.ok(written.length <= 1024 * 1024, `${written.length} bytes`)
    for (const { record } of fromBatch(written)) if (record.kind === 'in') users.push(record.user)
    outgoing.taken()
  }
  assert.deepEqual(
    users,
    Array.from({ length: 1000 }, (_, i) => String(i)),
  )
  assert.equal(outgoing.isEmpty, true)
})
