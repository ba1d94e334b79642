import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { orAfter } from '../src/or-after.ts'
import { root } from './support/gateway.ts'

test('it comes with the other signal, or after the time, and leaves nothing on the other one', async () => {
  const other = new AbortController()
  const first = orAfter(other.signal, 60_000)
  other.abort(new Error('enough'))
  assert.deepEqual([first.aborted, first.reason.message], [true, 'enough'])
  assert.equal(orAfter(other.signal, 60_000).aborted, true)
  const alive = new AbortController()
  const late = orAfter(alive.signal, 1)
  const keepAlive = setTimeout(() => undefined, 10_000)
  await new Promise(resolve => late.addEventListener('abort', resolve))
  clearTimeout(keepAlive)
  assert.equal(late.reason.name, 'TimeoutError')
})

test('garbage collection does not lose it', () => {
  const program = `
    import { orAfter } from ${JSON.stringify(join(root, 'dist/or-after.js'))}
    const end = orAfter(new AbortController().signal, 100)
    const collect = setInterval(() => {
      gc()
      if (!end.aborted) return
      clearInterval(collect)
      console.log('aborted')
    }, 20)
    setTimeout(() => process.exit(1), 10000).unref()`
  const words = ['--expose-gc', '--input-type=module', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.equal(stdout, 'aborted\n', stderr)
})
