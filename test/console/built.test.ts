/** The files of the console as they are built. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { root } from '../support/gateway.ts'

const read = (name: string): string => readFileSync(join(root, 'dist', 'browser', name), 'utf8')

test('what is built names the licence of uPlot, has no style or script in its page, and is small', () => {
  for (const name of ['console.js', 'console.css']) {
    const text = read(name)
    assert.match(
      text,
      /^\/\*! uPlot is part of this file\.\n\nThe MIT License \(MIT\)\n\nCopyright \(c\) \d+ Leon Sorokin/,
    )
    assert.ok(gzipSync(text).length < 50_000, `${name}: ${gzipSync(text).length} bytes zipped`)
  }
  const page = read('console.html')
  assert.doesNotMatch(
    page,
    /<style|style=|<script(?! type="module" src="console\.js"><\/script>)|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
  )
  // Nothing that comes over the wire is ever read as HTML.
  const own = read('console.js')
  assert.doesNotMatch(own, /innerHTML|insertAdjacentHTML|outerHTML|document\.write|\beval\(|new Function/)
})
