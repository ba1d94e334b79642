import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { refuse } from '../../src/connections/answers.ts'

test('a refused client that does not read its answer is cut off, and keeps no place', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const stuck = new Duplex({
    read: () => undefined,
    // The client's window is full: this write never ends.
    write: () => undefined,
  })
  refuse(stuck, { status: 401, headers: {}, body: '{}' })
  t.mock.timers.tick(999)
  assert.equal(stuck.destroyed, false)
  t.mock.timers.tick(1)
  assert.equal(stuck.destroyed, true)
})
