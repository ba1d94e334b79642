import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineFull, Turns, WaitedTooLong, type Wish } from '../../../src/listener/http/turns.ts'

const options = { limit: 2, maxWaiting: 3, maxWaitingBytes: 100, timeoutMs: 60_000 }
const patient: Wish = { bytes: 0, patient: true, mayBeRefused: false }
const refusable = (bytes = 0): Wish => ({ bytes, patient: true, mayBeRefused: true })

test('so many at a time, the others in the order in which they came', async () => {
  const turns = new Turns(options)
  const order: number[] = []
  assert.equal(turns.take(patient), undefined)
  assert.equal(turns.take(patient), undefined)
  const waiting = [1, 2, 3].map(n => turns.take(patient)?.then(() => order.push(n)))
  assert.deepEqual([turns.underWay, turns.waiting], [2, 3])
  turns.done()
  await waiting[0]
  assert.deepEqual([turns.underWay, turns.waiting, order], [2, 2, [1]])
  turns.done()
  turns.done()
  await Promise.all(waiting)
  assert.deepEqual(order, [1, 2, 3])
  turns.done()
  turns.done()
  assert.deepEqual([turns.underWay, turns.waiting], [0, 0])
  assert.equal(turns.take(patient), undefined)
})

test('the line is bounded, in number and in bytes, for those who may be refused', async () => {
  const turns = new Turns({ ...options, limit: 1 })
  turns.take(patient)
  const heavy = turns.take(refusable(90))
  assert.throws(() => turns.take(refusable(11)), LineFull)
  const waiting = [turns.take(refusable(10)), turns.take(patient)]
  assert.throws(() => turns.take(refusable()), LineFull)
  waiting.push(turns.take(patient))
  turns.done()
  await heavy
  turns.done()
  await waiting.shift()
  // The heavy one and the light one have left room for as much.
  waiting.push(turns.take(refusable(100)))
  assert.equal(turns.clear(new Error('over')), 3)
  for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, 'rejected')
  assert.equal(turns.waiting, 0)
})

test('the impatient wait for so long, the patient for as long as others are answered', async t => {
  const turns = new Turns({ ...options, limit: 1, timeoutMs: 300 })
  turns.take(patient)
  // The line's own timer keeps no process alive.
  const alive = setInterval(() => undefined, 10_000)
  t.after(() => clearInterval(alive))
  const answered = setInterval(() => turns.progress(), 50)
  const waits = turns.take(patient)
  const began = performance.now()
  await assert.rejects(turns.take({ ...patient, patient: false }) ?? Promise.resolve(), WaitedTooLong)
  assert.ok(performance.now() - began >= 300)
  assert.equal(turns.waiting, 1)
  clearInterval(answered)
  await assert.rejects(waits ?? Promise.resolve(), /no turn within 300 ms \(WS_LISTENER_TIMEOUT_MS\)/)
  assert.deepEqual([turns.underWay, turns.waiting], [1, 0])
})

test('twenty thousand in line are let through in order, and quickly', async () => {
  const turns = new Turns({ ...options, limit: 1, maxWaiting: 100_000 })
  turns.take(patient)
  let last = -1
  const all = Array.from({ length: 20_000 }, (_, i) =>
    turns.take(patient)?.then(() => {
      assert.equal(i, last + 1)
      last = i
      turns.done()
    }),
  )
  turns.done()
  await Promise.all(all)
  assert.equal(last, 19_999)
})
