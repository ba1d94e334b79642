import assert from 'node:assert/strict'
import type { Writable } from 'node:stream'
import { test } from 'node:test'
import * as ws from 'ws'
import { toFrame, toPayload, toTextFrame } from '../../src/delivery/encode.ts'

// ws exports it; its types do not know it.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable }

/** What a receiver that we did not write makes of a frame. */
async function received(frame: Buffer): Promise<{ data: Buffer; isBinary: boolean }> {
  const receiver = new Receiver({ isServer: false })
  return new Promise((resolve, reject) => {
    receiver.on('message', (data: Buffer, isBinary: boolean) => resolve({ data, isBinary }))
    receiver.on('error', reject)
    receiver.write(frame)
  })
}

test('frames of every length class are what ws reads', async () => {
  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 200_000]) {
    const text = 'x'.repeat(length)
    const asText = await received(toFrame(text))
    assert.equal(asText.data.toString(), text)
    assert.equal(asText.isBinary, false)
    const bytes = Buffer.alloc(length, 7)
    const asBinary = await received(toFrame(bytes))
    assert.deepEqual(asBinary.data, bytes)
    assert.equal(asBinary.isBinary, true)
    assert.deepEqual(toTextFrame(Buffer.from(text)), toFrame(text))
  }
})

test('text of several bytes a character, and a lone surrogate, stay valid UTF-8', async () => {
  assert.equal((await received(toFrame('Grüße 🚀'))).data.toString(), 'Grüße 🚀')
  assert.equal((await received(toFrame('a\ud800b'))).data.toString(), 'a\ufffdb')
})

test('what is sent for each kind of value', () => {
  assert.equal(toPayload('a'), 'a')
  assert.equal(toPayload(''), '')
  assert.equal(toPayload(null), null)
  assert.equal(toPayload(undefined), null)
  assert.equal(toPayload(0), '0')
  assert.equal(toPayload(false), 'false')
  assert.equal(toPayload({ a: [1, null] }), '{"a":[1,null]}')
  const bytes = Buffer.from([1, 2])
  assert.equal(toPayload(bytes), bytes)
  assert.deepEqual(toPayload(new Uint16Array([1])), new Uint8Array([1, 0]))
  assert.deepEqual(toPayload(new Uint8Array([1, 2]).buffer), new Uint8Array([1, 2]))
})

test('what has no JSON text is an error that says so', () => {
  assert.throws(() => toPayload(() => 1), /function cannot be sent/)
  assert.throws(() => toPayload(Symbol('a')), /symbol cannot be sent/)
  assert.throws(() => toPayload(1n), TypeError)
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  assert.throws(() => toPayload(cycle), TypeError)
})
