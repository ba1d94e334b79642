import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LineFull, NotWanted } from '../../../src/listener/http/faults.ts'
import { Turns, WaitedTooLong, type Wish } from '../../../src/listener/http/turns.ts'

/** Each that waits counts 512 bytes, and those of its own. */
const options = { limit: 2, maxWaitingBytes: 2000, timeoutMs: 60_000 }
const held: Wish = { kind: 'a', bytes: 0, isPatient: true, isHeld: () => true }
const loose = (bytes = 0, kind = 'a'): Wish => ({
  kind,
  bytes,
  isPatient: true,
  isHeld: () => false,
})
/** The line's own timer keeps no process alive. */
const alive = setInterval(() => undefined, 10_000)
after(() => clearInterval(alive))

test('so many at a time, the others in the order in which they came', async () => {
  const turns = new Turns(options)
  const order: number[] = []
  assert.equal(turns.take(held), undefined)
  assert.equal(turns.take(held), undefined)
  const waiting = [1, 2, 3].map(n => turns.take(held)?.then(() => order.push(n)))
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
  assert.equal(turns.take(held), undefined)
})

test('what no open socket stands behind is bounded, each kind by itself; what has gone makes room', async () => {
  const turns = new Turns({ ...options, limit: 1 })
  turns.take(held)
  const waiting = [turns.take(loose(900)), turns.take(held), turns.take(held), turns.take(held)]
  assert.throws(() => turns.take(loose(100)), LineFull)
  waiting.push(turns.take(loose()))
  assert.throws(() => turns.take(loose()), LineFull)
  waiting.push(turns.take(loose(1000, 'b')), turns.take(held))
  assert.throws(() => turns.take(loose(0, 'b')), LineFull)
  turns.done()
  await waiting.shift()
  waiting.push(turns.take(loose(900)))
  assert.throws(() => turns.take(loose(100)), LineFull)
  turns.clear(new Error('over'))
  for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, 'rejected')
  assert.equal(turns.waiting, 0)
  const room = turns.take(loose(1400))
  turns.clear(new Error('over'))
  await assert.rejects(room ?? Promise.resolve(), /over/)
})

test('what a socket stood behind that has closed is bounded as well', async () => {
  const turns = new Turns({ ...options, limit: 1 })
  turns.take(held)
  let isOpen = true
  const waiting = Array.from({ length: 5 }, () => turns.take({ ...held, isHeld: () => isOpen }))
  isOpen = false
  const ends = Promise.allSettled(waiting)
  await assert.rejects(waiting[4] ?? Promise.resolve(), /too many events wait for the application \(a\)/)
  assert.equal(turns.waiting, 3)
  turns.clear(new Error('over'))
  assert.deepEqual(
    (await ends).map(end => (end.status === 'rejected' ? end.reason.message.slice(0, 8) : '')),
    ['over', 'over', 'over', 'too many', 'too many'],
  )
})

test('who does not want to know any more leaves the line; who returns takes every other turn', async () => {
  const turns = new Turns({ ...options, limit: 1 })
  turns.take(held)
  const leaving = new AbortController()
  const order: string[] = []
  const gone = turns.take({ ...held, gone: leaving.signal })
  const come = (name: string, again = false) => turns.take(held, again)?.then(() => order.push(name))
  const all = [come('a'), come('b'), come('again a', true), come('again b', true)]
  leaving.abort()
  await assert.rejects(gone ?? Promise.resolve(), NotWanted)
  for (const _ of all) {
    turns.done()
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(all)
  assert.deepEqual(
    order.filter(name => !name.startsWith('again')),
    ['a', 'b'],
  )
  assert.deepEqual(
    order.filter(name => name.startsWith('again')),
    ['again a', 'again b'],
  )
  assert.ok(order.indexOf('again b') < 3 || order.indexOf('b') < 3, `${order}`)
  assert.equal(turns.underWay, 1)
})

test('the impatient wait for so long, the patient for as long as others are answered', async t => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  t.mock.timers.enable({ apis: ['setInterval'] })
  const passes = (ms: number, isAnswered: boolean): void => {
    for (const end = now + ms; now < end; ) {
      now += 50
      if (isAnswered) turns.progress()
      t.mock.timers.tick(50)
    }
  }
  const turns = new Turns({ ...options, limit: 1, timeoutMs: 300 })
  turns.take(held)
  const waits = turns.take(held)
  const impatient = turns.take({ ...held, isPatient: false })
  const ends = Promise.allSettled([impatient])
  passes(250, true)
  assert.equal(turns.waiting, 2)
  // It is looked at four times a second.
  passes(250, true)
  assert.equal(turns.waiting, 1)
  const [end] = await ends
  assert.ok(end.status === 'rejected' && end.reason instanceof WaitedTooLong)
  passes(10_000, true)
  assert.equal(turns.waiting, 1)
  passes(500, false)
  assert.equal(turns.waiting, 0)
  await assert.rejects(waits ?? Promise.resolve(), /no turn within 300 ms \(WS_LISTENER_TIMEOUT_MS\)/)
  assert.equal(turns.underWay, 1)
})

test('twenty thousand in line are let through in order, and quickly', async () => {
  const turns = new Turns({ ...options, limit: 1 })
  turns.take(held)
  let last = -1
  const all = Array.from({ length: 20_000 }, (_, i) =>
    turns.take(held)?.then(() => {
      assert.equal(i, last + 1)
      last = i
      turns.done()
    }),
  )
  turns.done()
  await Promise.all(all)
  assert.equal(last, 19_999)
})
