import assert from 'node:assert/strict'
import { renameSync, unlinkSync, utimesSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, SECOND, type Stage, Stopwatch, serving } from './stage.ts'

// They mostly wait.
describe('hot reload', { concurrency: 6 }, () => {
  /** Long enough for a load that should not happen. */
  async function nothingLoads(stage: Stage, change: () => void): Promise<void> {
    const { generation } = stage.host.status
    change()
    await sleep(1200)
    assert.equal(stage.host.status.generation, generation)
    assert.equal(stage.host.status.error, null)
  }

  test('a file that the listener imports counts, wherever it lies', async t => {
    const stage = await serving(
      t,
      {
        'l/listener.ts':
          "import { a } from './own/a.ts'\nimport data from '../data.json'\nexport const onMessage = d => { d.message = a + data.n }",
        'l/own/a.ts': "export { a } from '../../b.js'",
        'b.ts': 'export const a = 1',
        'data.json': '{ "n": "x" }',
      },
      'l',
    )
    assert.equal(stage.say('?'), '1x')
    stage.write({ 'b.ts': 'export const a = 2' })
    assert.ok((await stage.answers('2x')) < SECOND)
    stage.write({ 'data.json': '{ "n": "y" }' })
    assert.ok((await stage.answers('2y')) < SECOND)
    unlinkSync(stage.at('b.ts'))
    stage.write({ 'b.js': 'export const a = 3' })
    assert.ok((await stage.answers('3y')) < SECOND)
    // Each replaced again, since a watch may have stayed with the old file.
    stage.write({ 'b.tmp': 'export const a = 4' })
    renameSync(stage.at('b.tmp'), stage.at('b.js'))
    assert.ok((await stage.answers('4y')) < SECOND)
  })

  test('a touch without a change is no change, and neither is saving the same', async t => {
    const stage = await serving(t)
    await nothingLoads(stage, () => {
      utimesSync(stage.at('listener.ts'), new Date(), new Date())
      stage.write({
        'listener.ts': answering('v1'),
        'other.ts': 'not imported',
        'node_modules/x/index.js': '',
      })
      renameSync(stage.at('listener.ts'), stage.at('l'))
      renameSync(stage.at('l'), stage.at('listener.ts'))
    })
    // Asked for, it is loaded all the same.
    await stage.host.reload()
    assert.equal(stage.host.status.generation, 2)
  })

  for (const everyMs of [10, 20, 60]) {
    test(`continuous saving, each ${everyMs} ms, does not postpone it`, async t => {
      const stage = await serving(t)
      const watch = new Stopwatch()
      let last = 0
      let seen = 1
      let longest = 0
      for (let i = 2; watch.ms < 2500; i++) {
        stage.write({ 'listener.ts': answering(`v${i}`) })
        await watch.sleep(everyMs)
        const now = Number(String(stage.say('?')).slice(1))
        if (now > seen) {
          longest = Math.max(longest, watch.ms - last)
          last = watch.ms
          seen = now
        }
      }
      assert.ok(longest > 0 && longest < SECOND, `the longest wait was ${longest} ms`)
      assert.deepEqual(stage.events('listener.error'), [])
      stage.write({ 'listener.ts': answering('last') })
      assert.ok((await stage.answers('last')) < SECOND)
    })
  }

  test('a fault is logged once for each content, and heals', async t => {
    const stage = await serving(t)
    for (const [text, pattern] of [
      ['export const onMessage = (', /listener\.ts:1:27/],
      ['import "./later.ts"\nexport const onMessage = (', /listener\.ts:2:27/],
    ] as const) {
      stage.write({ 'listener.ts': text })
      await stage.fault(pattern)
    }
    stage.write({ 'listener.ts': 'throw new Error("first")' })
    await stage.fault(/^first/)
    await sleep(1200)
    utimesSync(stage.at('listener.ts'), new Date(), new Date())
    await sleep(700)
    assert.equal(stage.events('listener.error').length, 3)
    assert.equal(stage.say('?'), 'v1')
    assert.equal(stage.host.ready, true)
    stage.write({ 'listener.ts': answering('v1') })
    await stage.until(() => stage.host.status.error === null, 'no fault')
    assert.equal(stage.host.status.generation, 2)
  })

  test('a missing import that appears heals a failed load', async t => {
    const stage = await serving(t)
    stage.write({ 'listener.ts': "export * from './own/later'" })
    await stage.fault(/Could not resolve ".\/own\/later"/)
    stage.write({ 'own/later.ts': answering('later') })
    assert.ok((await stage.answers('later')) < SECOND)
    stage.write({
      'listener.ts': "import { text } from 'pkg'\nexport const onMessage = d => { d.message = text }",
    })
    await stage.fault(/Could not resolve "pkg"/)
    stage.write({ 'node_modules/pkg/index.js': 'exports.text = "package"' })
    await stage.answers('package')
  })
})
