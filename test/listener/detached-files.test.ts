import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DetachedFiles } from '../../src/listener/detached-files.ts'
import type { Fingerprint } from '../../src/listener/fingerprint.ts'

function look(files: string[], detached: string[]): Fingerprint {
  return { text: '', newest: 0, empty: false, gone: false, detached, folders: [], files, places: '' }
}

test('a mounted file that was replaced outside is warned of once', () => {
  const warnings: string[] = []
  const nothing = (): void => undefined
  const log = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_: object, text: string) => warnings.push(text),
  }
  const files = new DetachedFiles(log)
  // Some file systems count no links ever.
  files.note(look(['/a', '/b'], ['/b']))
  files.note(look(['/a', '/b'], ['/b']))
  assert.deepEqual(warnings, [])
  files.note(look(['/a', '/b'], ['/a', '/b']))
  files.note(look(['/a', '/b'], ['/a', '/b']))
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^\/a was replaced outside.*mount the folder/)
})
