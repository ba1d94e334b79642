import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, deflateRawSync } from 'node:zlib'
import { framesIn, Inflater } from '../../src/tracing/frames.ts'

/** A compressed text frame of at most 125 bytes (RFC 7692 §7.2.1). */
function frame(text: string): Buffer {
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return Buffer.concat([Buffer.from([0xc1, payload.length]), payload])
}

test('a compressed message is inflated once, though many connections get it in one write', () => {
  const inflater = new Inflater()
  const messagesIn = (written: Buffer) => [...framesIn(written)].map(one => inflater.messageIn(one))
  const written = Buffer.concat([
    frame('a'.repeat(5000)),
    Buffer.from([0x81, 1, 0x62]),
    frame('c'),
    frame(''),
  ])
  const first = messagesIn(written)
  assert.deepEqual(first.map(String), ['a'.repeat(5000), 'b', 'c', ''])
  const again = messagesIn(written)
  assert.equal(again[0], first[0])
  assert.equal(again[2], first[2])
  // Another write is another message.
  const large = frame('x'.repeat(100_000))
  assert.equal(messagesIn(large)[0]?.length, 100_000)
  assert.deepEqual(messagesIn(written).map(String), first.map(String))
})
