import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '../../src/connections/connection.ts'
import { PolledTraces } from '../../src/tracing/polled-traces.ts'
import { Traces } from '../../src/tracing/traces.ts'

/** As much of a connection as traces look at. */
const anna = { id: '1', user: 'anna', tap: undefined } as ClientConnection
const traces = new Traces({
  get: id => (id === anna.id ? anna : undefined),
  ofUser: user => (user === anna.user ? [anna] : undefined),
})

test('what waits to be told is bounded, however large the messages are', () => {
  const polled = new PolledTraces(traces)
  polled.next('a', { user: 'anna' }, 65_536)
  for (let i = 0; i < 100; i++) anna.tap?.received(Buffer.alloc(65_536, 'x'), i % 2 === 0)
  const { number, events, dropped } = polled.next('a', { user: 'anna' }, 65_536, 1)
  assert.ok(events.length > 0 && JSON.stringify(events).length < 1.1 * 1024 * 1024)
  assert.equal(events.length + dropped, 100)
  // There is room for more when it has been told.
  anna.tap?.received(Buffer.from('more'), false)
  assert.equal(polled.next('a', { user: 'anna' }, 65_536, number).events[0]?.text, 'more')
  polled.stop('a')
  assert.equal(anna.tap, undefined)
})

test('a close is told behind all that waits, and is no message that was dropped', t => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const polled = new PolledTraces(traces)
  polled.next('d', { user: 'anna' }, 0)
  // Within three seconds, since a trace tells a thousand of each; nobody asks in between.
  for (let i = 0; i < 3000; i++) {
    now = 10_000 + i
    anna.tap?.received(Buffer.from('x'), false)
  }
  traces.closed(anna, 4001, '')
  const { events, dropped } = polled.next('d', { user: 'anna' }, 0, 1)
  assert.equal(events.at(-1)?.what, 'close')
  assert.deepEqual([events.length, dropped], [2001, 1000])
  polled.stop('d')
})

test('a connection that has closed by the time its trace begins is told so', () => {
  const polled = new PolledTraces(traces)
  const part = polled.next('b', { connection: 'gone' }, 1024)
  assert.deepEqual(part, { number: 1, events: [], dropped: 0, end: 'the connection has closed' })
  polled.stop('b')
  for (let i = 0; i < 8; i++) assert.equal(polled.next(`${i}`, { user: 'bert' }, 0).end, undefined)
  for (let i = 0; i < 8; i++) polled.stop(`${i}`)
})

test('a part that has not arrived is given once more, and nothing twice', () => {
  const polled = new PolledTraces(traces)
  const next = (seen?: number) => {
    const { number, events } = polled.next('c', { user: 'anna' }, 100, seen)
    return [number, events.map(({ text }) => text).join()]
  }
  assert.deepEqual(next(), [1, ''])
  anna.tap?.received(Buffer.from('a'), false)
  assert.deepEqual(next(1), [2, 'a'])
  anna.tap?.received(Buffer.from('b'), false)
  assert.deepEqual(next(1), [2, 'a'])
  assert.deepEqual(next(2), [3, 'b'])
  assert.deepEqual(next(3), [4, ''])
  polled.stop('c')
})
