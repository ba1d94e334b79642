/** Reading server-sent events. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventReader } from '../../src/browser/console/events.ts'

test('events are read whatever way their bytes are cut', () => {
  const text =
    ': alive\n\nevent: status\ndata: {"a":\ndata: 1}\n\ndata:plain\r\n\r\nevent: empty\n\nid: 7\ndata\n\nevent: late\ndata: x'
  const expected = [
    { event: 'status', data: '{"a":\n1}' },
    { event: 'message', data: 'plain' },
    { event: 'message', data: '' },
  ]
  assert.deepEqual(new EventReader().take(text), expected)
  for (let at = 1; at < text.length; at++) {
    const reader = new EventReader()
    assert.deepEqual(
      [...reader.take(text.slice(0, at)), ...reader.take(text.slice(at))],
      expected,
      `cut at ${at}`,
    )
  }
})
