import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOSE } from '../../src/connections/close-codes.ts'
import { CloseCounts } from '../../src/vitals/close-counts.ts'

test('codes that clients make up do not crowd out those that mean something', () => {
  const counts = new CloseCounts()
  for (let code = 3000; code < 3100; code++) counts.add(code)
  counts.add(3000)
  const own = Object.values(CLOSE)
  for (const code of own) counts.add(code)
  const shown = counts.toJSON()
  assert.equal(Object.keys(shown).length, 50 + 1 + own.length)
  assert.deepEqual([shown[3000], shown[3049], shown[3050], shown.other], [2, 1, undefined, 50])
  assert.ok(own.every(code => shown[code] === 1))
})
