/** What the plots are given. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History } from '../../src/browser/console/history.ts'

const columns = ['time', 'connections', 'received']

test('a window has the newest rows alone, and a gap where the gateway was away', () => {
  const history = new History()
  history.replace({ columns, rows: [1, 2, 3, 10, 11].map(second => [second * 1000, second, second * 2]) })
  assert.deepEqual(history.window(60, ['received', 'unknown']), [
    [1, 2, 3, 3.001, 10, 11],
    [2, 4, 6, null, 20, 22],
    [null, null, null, null, null, null],
  ])
  assert.deepEqual(history.window(1, ['connections']), [
    [10, 11],
    [10, 11],
  ])
  assert.equal(history.latest('received'), 22)
  assert.ok(history.has('received') && !history.has('sent'))
})

test('a clock that is set back leaves no rows of the future behind', () => {
  const history = new History()
  history.replace({ columns, rows: [100, 101, 50, 51].map(second => [second * 1000, second, 0]) })
  history.add([52_000, 52, 0])
  history.add([51_000, 53, 0])
  assert.deepEqual(history.window(600, ['connections']), [
    [50, 51],
    [50, 53],
  ])
})

test('no more than ten minutes are kept', () => {
  const history = new History()
  history.replace({ columns, rows: [] })
  for (let second = 0; second <= 900; second++) history.add([second * 1000, 1, 1])
  assert.equal(history.window(100_000, ['received'])[0].length, 601)
})
