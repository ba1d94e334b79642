import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLevel, type LogFilter, matcher } from '../../src/log/filter.ts'

const LINES = [
  '{"level":20,"gateway":"a","event":"message","conn":"c-1","text":"Grüße"}',
  '{"level":30,"gateway":"a","event":"listener.load","msg":"the listener is in use"}',
  '{"level":50,"gateway":"b","event":"listener.error","conn":"c-1","msg":"oh \\"no\\""}',
  '{"level":60,"gateway":"b.c","event":"listeners","msg":"c-1"}',
  'no JSON, c-1',
  '{"level":30,"gateway":"a"',
]

const wanted = (filter: LogFilter) => [...LINES.keys()].filter(i => matcher(filter)(LINES[i] ?? ''))

test('a filter of the log takes the lines that have all it asks for', () => {
  assert.deepEqual(wanted({}), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(wanted({ level: 'info' }), [1, 2, 3])
  assert.deepEqual(wanted({ level: 'fatal' }), [3])
  assert.deepEqual(wanted({ event: 'listener.error' }), [2])
  assert.deepEqual(wanted({ event: 'listener.*' }), [1, 2])
  assert.deepEqual(wanted({ event: '*' }), [0, 1, 2, 3])
  assert.deepEqual(wanted({ conn: 'c-1' }), [0, 2])
  assert.deepEqual(wanted({ gateway: 'b' }), [2])
  assert.deepEqual(wanted({ text: 'C-1' }), [0, 2, 3, 4])
  assert.deepEqual(wanted({ text: 'GRÜSSE' }), [])
  assert.deepEqual(wanted({ text: 'GRÜßE' }), [0])
  assert.deepEqual(
    wanted({ text: 'c-1', gateway: 'b', level: 'trace', event: 'listener.*', conn: 'c-1' }),
    [2],
  )
  assert.deepEqual(wanted({ conn: 'oh "no"' }), [])
  assert.deepEqual(wanted({ gateway: '' }), [])
})

test('a level is known by its name', () => {
  assert.deepEqual(['trace', 'fatal', 'silent', 'INFO', 'toString'].map(isLevel), [
    true,
    true,
    false,
    false,
    false,
  ])
})
