import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Batch, Outbox, type Sink } from '../../src/delivery/outbox.ts'

class Recorder implements Sink {
  batch: Batch | null = null
  turn = 0
  readonly isOpen = true
  sent = 0
  full = false
  readonly writes: Buffer[] = []
  refuses(): boolean {
    return this.full
  }
  write(bytes: Buffer): void {
    this.writes.push(bytes)
  }
  get text(): string {
    return Buffer.concat(this.writes).toString()
  }
}

const frame = (text: string): Buffer => Buffer.from(text)

test('the frames of one turn are one write for each socket, in order', async () => {
  const outbox = new Outbox()
  const [a, b, c] = [new Recorder(), new Recorder(), new Recorder()]
  outbox.add(frame('1'), [a, b, c])
  outbox.add(frame('2'), [b])
  outbox.add(frame('3'), [a, b, c])
  outbox.add(frame('4'), [c])
  outbox.add(frame('5'), [a, b])
  assert.equal(a.writes.length, 0)
  await turn()
  assert.deepEqual([a.text, b.text, c.text], ['135', '1235', '134'])
  for (const sink of [a, b, c]) assert.equal(sink.writes.length, 1)
  assert.deepEqual([a.sent, b.sent, c.sent], [3, 4, 3])
})

test('sockets that got the same frames write the very same buffer', async () => {
  const outbox = new Outbox()
  const sinks = Array.from({ length: 50 }, () => new Recorder())
  for (const text of ['a', 'b', 'c']) outbox.add(frame(text), sinks)
  await turn()
  assert.equal(sinks[0]?.text, 'abc')
  assert.equal(new Set(sinks.map(sink => sink.writes[0])).size, 1)
})

test('after writes that took long, the frames of two turns are one write', async () => {
  class Slow extends Recorder {
    override write(bytes: Buffer): void {
      super.write(bytes)
      for (const until = performance.now() + 5; performance.now() < until; );
    }
  }
  const outbox = new Outbox()
  const sink = new Slow()
  outbox.add(frame('1'), [sink])
  await turn()
  assert.deepEqual(sink.writes.map(String), ['1'])
  outbox.add(frame('2'), [sink])
  await turn()
  outbox.add(frame('3'), [sink])
  await turn()
  assert.deepEqual(sink.writes.map(String), ['1', '23'])
  // What is flushed by hand, as before a close, waits for nothing.
  outbox.add(frame('4'), [sink])
  outbox.flushOne(sink)
  assert.deepEqual(sink.writes.map(String), ['1', '23', '4'])
  await turn()
  await turn()
  assert.equal(sink.writes.length, 3)
})

test('random deliveries reach each socket whole and in order', async () => {
  const outbox = new Outbox()
  const sinks = Array.from({ length: 20 }, () => new Recorder())
  const expected = sinks.map(() => '')
  let seed = 7
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed / 2 ** 31
  }
  for (let message = 0; message < 2000; message++) {
    const text = `<${message}>`
    const chance = random()
    const chosen = sinks.filter((_, i) => {
      const takes = random() < chance
      if (takes) expected[i] += text
      return takes
    })
    outbox.add(frame(text), chosen)
    if (random() < 0.1) await turn()
  }
  // One more, should the writes before have taken long.
  await turn()
  await turn()
  assert.deepEqual(
    sinks.map(sink => sink.text),
    expected,
  )
})

test('flushOne writes before the turn ends, and what follows is not lost', async () => {
  const outbox = new Outbox()
  const [a, b] = [new Recorder(), new Recorder()]
  outbox.add(frame('1'), [a, b])
  outbox.flushOne(a)
  assert.equal(a.text, '1')
  outbox.add(frame('2'), [a, b])
  await turn()
  assert.deepEqual([a.text, b.text], ['12', '12'])
})

test('a loop in one turn does not collect more than its bound', () => {
  const outbox = new Outbox()
  const sink = new Recorder()
  const big = Buffer.alloc(300_000)
  for (let i = 0; i < 8; i++) outbox.add(big, [sink])
  assert.equal(sink.writes.length, 2)
})

test('a sink that refuses is not counted and gets nothing', async () => {
  const outbox = new Outbox()
  const [a, b] = [new Recorder(), new Recorder()]
  b.full = true
  assert.equal(outbox.add(frame('1'), [a, b]), 1)
  await turn()
  assert.equal(b.writes.length, 0)
})
