import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/gateway.ts'

const folder = join(root, 'test', 'conformance')

/** The tests that there are, as `file: title`. */
function written(): string[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.test.ts') && name !== 'table.test.ts')
  return files.flatMap(file => {
    const source = readFileSync(join(folder, file), 'utf8')
    return [...source.matchAll(/^test\(\s*'([^'\n]+)'/gm)].map(([, title]) => `${file}: ${title}`)
  })
}

/** The rows of the table: section, demand and test. */
function rows(): string[][] {
  const lines = readFileSync(join(root, 'docs', 'conformance.md'), 'utf8').split('\n')
  const cells = lines
    .filter(line => line.startsWith('| §'))
    .map(line => line.split('|').map(cell => cell.trim()))
  return cells.map(row => row.slice(1, -1))
}

test('each test that the table names exists, and each test is named in it', () => {
  const named = new Set(rows().map(row => row[2] ?? ''))
  assert.deepEqual([...named].sort(), [...new Set(written())].sort())
})

test('each row has a section, a demand and a test, and no title is there twice', () => {
  assert.ok(rows().length > 50)
  for (const row of rows()) {
    assert.equal(row.length, 3, row.join(' | '))
    assert.ok(row.every(cell => cell !== ''))
  }
  const all = written()
  assert.equal(new Set(all).size, all.length)
})
