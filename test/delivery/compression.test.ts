import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { constants, inflateRawSync } from 'node:zlib'
import { Compression, type Receiver } from '../../src/delivery/compression.ts'
import { payloadOf, toFrame } from '../../src/delivery/encode.ts'
import { type Batch, Outbox } from '../../src/delivery/outbox.ts'

class Recorder implements Receiver {
  batch: Batch | null = null
  turn = 0
  sent = 0
  readonly isOpen = true
  readonly deflateBits: number
  readonly writes: Buffer[] = []
  #wanted = 0
  #tell: () => void = () => undefined
  constructor(deflateBits: number) {
    this.deflateBits = deflateBits
  }
  refuses(): boolean {
    return false
  }
  write(bytes: Buffer): void {
    this.writes.push(bytes)
    if (this.sent >= this.#wanted) this.#tell()
  }
  async got(count: number): Promise<void> {
    this.#wanted = count
    if (this.sent < count || this.batch !== null) {
      await new Promise<void>(done => {
        this.#tell = done
      })
    }
  }
}

const failed = (error: Error): void => assert.fail(error)
const text = (name: string, length = 4000): string => name + 'abc '.repeat(length / 4)

/** The frames in what was written to a sink: whether each is compressed, and its text. */
function framesOf(sink: Recorder): { compressed: boolean; text: string }[] {
  const frames: { compressed: boolean; text: string }[] = []
  let rest = Buffer.concat(sink.writes)
  while (rest.length > 0) {
    const short = rest[1] ?? 0
    const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : rest.readUInt32BE(6)
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    const compressed = ((rest[0] ?? 0) & 0x40) !== 0
    const payload = payloadOf(rest.subarray(0, head + length))
    const tailed = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])])
    const plain = compressed ? inflateRawSync(tailed, { finishFlush: constants.Z_SYNC_FLUSH }) : payload
    frames.push({ compressed, text: plain.toString() })
    rest = rest.subarray(head + length)
  }
  return frames
}

test('one compression for all with the same window; who has none gets the message as it is', async () => {
  const compression = new Compression(new Outbox(), { thresholdBytes: 1024, failed })
  const [a, b, c, d, e] = [15, 15, 10, 0, 8].map(bits => new Recorder(bits))
  assert.ok(a && b && c && d && e)
  const all = [a, b, c, d, e]
  assert.equal(compression.add(toFrame(text('large')), all), 5)
  await Promise.all(all.map(sink => sink.got(1)))
  assert.equal(a.writes[0], b.writes[0], 'the very same bytes')
  assert.notEqual(a.writes[0], c.writes[0])
  for (const sink of all) assert.equal(framesOf(sink)[0]?.text, text('large'))
  assert.deepEqual(
    all.map(sink => framesOf(sink)[0]?.compressed),
    [true, true, true, false, false],
  )
})

test('what is small, or does not get smaller, goes out as it is', async () => {
  const compression = new Compression(new Outbox(), { thresholdBytes: 1024, failed })
  const sink = new Recorder(15)
  compression.add(toFrame('x'.repeat(1023)), [sink])
  compression.add(toFrame(randomBytes(5000)), [sink])
  compression.add(toFrame('x'.repeat(1024)), [sink])
  await sink.got(3)
  assert.deepEqual(
    framesOf(sink).map(frame => frame.compressed),
    [false, false, true],
  )
})

test('the order stays, whatever takes how long', async () => {
  const compression = new Compression(new Outbox(), { thresholdBytes: 1024, failed })
  const sinks = [15, 9, 0].map(bits => new Recorder(bits))
  const count = 600
  for (let i = 0; i < count; i++) {
    compression.add(toFrame(text(`${i} `, i % 3 === 0 ? 100_000 : i % 3 === 1 ? 40 : 2000)), sinks)
  }
  for (const sink of sinks) {
    await sink.got(count)
    assert.deepEqual(
      framesOf(sink).map(frame => Number.parseInt(frame.text, 10)),
      Array.from({ length: count }, (_, i) => i),
    )
  }
})

test('who closes gets what waits for it at once, and nothing twice', async () => {
  const outbox = new Outbox()
  const compression = new Compression(outbox, { thresholdBytes: 1024, failed })
  const [leaving, staying] = [new Recorder(15), new Recorder(15)]
  for (const name of ['one ', 'two ', 'three ']) compression.add(toFrame(text(name)), [leaving, staying])
  compression.flushOne(leaving)
  outbox.flushOne(leaving)
  assert.deepEqual(
    framesOf(leaving).map(frame => frame.text.split(' ')[0]),
    ['one', 'two', 'three'],
  )
  await staying.got(3)
  assert.equal(leaving.sent, 3)
  assert.equal(framesOf(staying).length, 3)
})

test('who has no compression never waits, and a line that is too long is given up without losing the order', async () => {
  const outbox = new Outbox()
  const compression = new Compression(outbox, { thresholdBytes: 1024, failed })
  const [deflating, plain] = [new Recorder(15), new Recorder(0)]
  const count = 1000
  for (let i = 0; i < count; i++) {
    compression.add(toFrame(text(`${i} `, i % 10 === 0 ? 400_000 : 40)), [deflating, plain])
    assert.equal(plain.sent, i + 1)
  }
  // More than 8 MiB would wait: it has gone out as it is.
  assert.ok(deflating.sent > 0)
  await deflating.got(count)
  for (const sink of [deflating, plain]) {
    outbox.flushOne(sink)
    assert.deepEqual(
      framesOf(sink).map(frame => Number.parseInt(frame.text, 10)),
      Array.from({ length: count }, (_, i) => i),
    )
  }
})
