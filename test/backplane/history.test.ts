import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History } from '../../src/backplane/history.ts'

const add = (history: History, count: number, bytes: number): void => {
  for (let i = 0; i < count; i++) history.add(bytes)
}

test('small entries are kept by their number, large ones by what they hold', () => {
  const history = new History(1000, 1_000_000)
  assert.equal(history.entries, 1000)
  add(history, 5000, 100)
  assert.equal(history.entries, 1000)
  add(history, 100, 100_000)
  assert.equal(history.entries, 9)
  add(history, 500, 100)
  assert.ok(history.entries > 300 && history.entries < 700, String(history.entries))
  add(history, 1000, 100)
  assert.equal(history.entries, 1000)
})

test('one entry that is too large alone is kept', () => {
  const history = new History(1000, 1000)
  add(history, 3, 5000)
  assert.equal(history.entries, 1)
})
