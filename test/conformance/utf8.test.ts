import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeBody, frame, OP, open, sharedGateway } from './raw-client.ts'

const gateway = await sharedGateway()
const { port } = gateway

/** What is no UTF-8 (RFC 3629), by what is wrong with it. */
const invalid: readonly (readonly [string, string])[] = [
  ['a byte that never occurs', 'ff'],
  ['another that never occurs', 'fe'],
  ['a continuation byte alone', '80'],
  ['two bytes for an ASCII letter', 'c1a1'],
  ['two bytes for NUL', 'c080'],
  ['three bytes where two will do', 'e09fbf'],
  ['four bytes where three will do', 'f08fbfbf'],
  ['the first surrogate', 'eda080'],
  ['the last surrogate', 'edbfbf'],
  ['a pair of surrogates (CESU-8)', 'eda0bdedb880'],
  ['a code point above U+10FFFF', 'f4908080'],
  ['five bytes', 'f888808080'],
  ['six bytes', 'fc8480808080'],
  ['two of three bytes', 'e282'],
  ['three of four bytes', 'f09f9a'],
  ['one byte of two, and ASCII', 'c341'],
]

/** The borders of each length, and what is often got wrong. */
const valid = [
  'plain',
  'Grüße',
  '€',
  '🚀',
  '\0',
  '\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\u{10000}\u{10ffff}',
  '\ufeffwith a byte order mark',
  '\ufdd0 is no character but valid',
]

test('valid UTF-8 of every length is taken as it is', async t => {
  const client = await open(t, port)
  for (const text of valid) {
    client.write(frame(OP.text, text))
    const { opcode, payload } = await client.next()
    assert.deepEqual([opcode, payload], [OP.text, Buffer.from(text)])
  }
})

test('text that is no UTF-8 fails the connection with 1007', async t => {
  for (const [what, hex] of invalid) {
    for (const bytes of [hex, `6162${hex}`, `${hex}6364`]) {
      const client = await open(t, port)
      client.write(frame(OP.text, Buffer.from(bytes, 'hex')))
      assert.equal((await client.closed()).code, 1007, `${what}: ${bytes}`)
    }
  }
})

test('a character may be split between two fragments', async t => {
  const client = await open(t, port)
  const bytes = Buffer.from('aß€🚀z')
  for (let at = 0; at <= bytes.length; at++) {
    client.write(frame(OP.text, bytes.subarray(0, at), { fin: false }))
    client.write(frame(OP.continuation, bytes.subarray(at)))
    assert.equal(await client.text(), 'aß€🚀z')
  }
})

test('fragments that make no UTF-8 together fail the connection with 1007', async t => {
  for (const [what, hex] of invalid) {
    const client = await open(t, port)
    for (const [index, byte] of Buffer.from(hex, 'hex').entries()) {
      client.write(frame(index === 0 ? OP.text : OP.continuation, Buffer.of(byte), { fin: false }))
    }
    client.write(frame(OP.continuation))
    assert.equal((await client.closed()).code, 1007, what)
  }
})

test('a character that the last fragment does not end fails the connection with 1007', async t => {
  const client = await open(t, port)
  client.write(frame(OP.text, Buffer.from('e2', 'hex'), { fin: false }))
  client.write(frame(OP.continuation, Buffer.from('82', 'hex')))
  assert.equal((await client.closed()).code, 1007)
})

test('binary messages may hold any bytes', async t => {
  const client = await open(t, port)
  for (const [what, hex] of invalid) {
    const bytes = Buffer.from(hex, 'hex')
    client.write(frame(OP.binary, bytes))
    const { opcode, payload } = await client.next()
    assert.deepEqual([opcode, payload], [OP.binary, bytes], what)
  }
})

test('a close reason that is no UTF-8 fails the connection with 1007', async t => {
  for (const [what, hex] of invalid) {
    const client = await open(t, port)
    client.write(frame(OP.close, closeBody(1000, Buffer.from(hex, 'hex'))))
    assert.equal((await client.closed()).code, 1007, what)
  }
})

test('invalid text reaches no other client', async t => {
  const [witness, bad] = [await open(t, port), await open(t, port)]
  bad.write(frame(OP.text, Buffer.from('61ff', 'hex')))
  await bad.closed()
  witness.write(frame(OP.text, 'only this'))
  assert.equal(await witness.text(), 'only this')
})

test('text that the server sends is UTF-8, also when the application gives it half a character', async t => {
  const client = await open(t, port)
  const { status } = await gateway.push({ message: 'half \ud83d of a pair' })
  assert.equal(status, 200)
  const { opcode, payload } = await client.next()
  assert.equal(opcode, OP.text)
  assert.equal(new TextDecoder('utf-8', { fatal: true }).decode(payload), 'half \ufffd of a pair')
})
