import assert from 'node:assert/strict'
import { test } from 'node:test'
import { depthFault } from '../src/json-depth.ts'

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

test('512 deep is taken, 513 is not', () => {
  const blanks = ' '.repeat(2000)
  assert.equal(depthFault(nested(512) + blanks), undefined)
  assert.equal(depthFault(nested(513) + blanks), 'it is nested more than 512 deep')
  assert.match(depthFault('{"a":'.repeat(600)) ?? '', /512/)
})

test('what stands in a text does not count, whatever is escaped in it', () => {
  const brackets = '['.repeat(2000)
  assert.equal(depthFault(JSON.stringify(brackets)), undefined)
  assert.equal(depthFault(JSON.stringify([`\\"${brackets}\\\\`, `"${brackets}\\`])), undefined)
  assert.match(depthFault(`["\\\\", ${nested(600)}]${' '.repeat(500)}`) ?? '', /512/)
  assert.equal(depthFault(`"${brackets}`), undefined)
})
