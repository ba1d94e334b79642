import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstOf } from '../../src/cluster/first-of.ts'

test('pages of names, in whatever order they come, hold each once and in order', () => {
  const sorted = Array.from({ length: 1000 }, (_, i) => String(i).padStart(4, '0'))
  const shuffled = sorted.map((_, i) => sorted[(i * 377) % 1000] ?? '')
  for (const names of [sorted, sorted.toReversed(), shuffled]) {
    for (const most of [1, 7, 999, 1000, 1001]) {
      const paged: string[] = []
      for (;;) {
        const page = firstOf(names, name => name, paged.at(-1), most)
        paged.push(...page)
        if (page.length < most) break
      }
      assert.deepEqual(paged, sorted)
    }
  }
  assert.deepEqual(
    firstOf([], name => name, undefined, 1),
    [],
  )
})
