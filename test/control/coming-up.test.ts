import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isComingUp } from '../../src/control/coming-up.ts'
import { temporaryFolder, writeFiles } from '../support/gateway.ts'

/** proc(5): the name may hold blanks and parentheses; `starttime` is the 22nd field, in hundredths of a second. */
const statOf = (began: number): string =>
  `1 (node (x) y) S 0 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 11 0 ${began * 100} 1 1 1`

test('only a gateway that is the first process and a few seconds old is waited for', async t => {
  const proc = temporaryFolder(t)
  const comingUp = (cmdline: string, began: number): boolean => {
    writeFiles(proc, { '1/cmdline': cmdline, '1/stat': statOf(began), uptime: '1000.50 3999.00\n' })
    return isComingUp(proc)
  }
  assert.equal(comingUp('node\0dist/main.js\0', 1000), true)
  assert.equal(comingUp('/sbin/docker-init\0--\0node\0/app/dist/main.js\0', 998), true)
  assert.equal(comingUp('node\0dist/main.js\0', 995), false)
  assert.equal(comingUp('/sbin/init\0', 1000), false)
  assert.equal(comingUp('node\0other-dist/main.js\0', 1000), false)
  assert.equal(isComingUp(temporaryFolder(t)), false)
})
