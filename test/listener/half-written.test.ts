import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, SECOND, serving } from './stage.ts'

// They mostly wait.
describe('saves that take time', { concurrency: 6 }, () => {
  /** Writes a file piece by piece, as over a slow network. */
  async function drip(path: string, text: string, pieces: number, everyMs: number): Promise<void> {
    const length = Math.ceil(text.length / pieces)
    for (let at = 0; at < text.length; at += length) {
      writeFileSync(path, text.slice(at, at + length), { flag: at === 0 ? 'w' : 'a' })
      await sleep(everyMs)
    }
  }

  test('an empty or half-written file is not taken, and is no fault', async t => {
    const guard = "export const onClientOpen = () => {}\nexport const onMessage = d => { d.message = 'V' }\n"
    const stage = await serving(t, { 'listener.ts': guard.replace('V', 'v1') })
    const seen = new Set<unknown>()
    const look = setInterval(() => seen.add(stage.say('?')), 2)
    t.after(() => clearInterval(look))
    for (const [pieces, everyMs] of [
      [3, 150],
      [12, 60],
      [2, 200],
    ] as const) {
      const text = `${pieces}x${everyMs}`
      writeFileSync(stage.at('listener.ts'), '')
      await sleep(200)
      // A comment and one hook come first: by themselves a valid listener that would let everything through.
      await drip(
        stage.at('listener.ts'),
        `/* a long comment ${'.'.repeat(150)} */\n${guard.replace('V', text)}`,
        pieces,
        everyMs,
      )
      assert.ok((await stage.answers(text)) < SECOND)
    }
    assert.deepEqual([...seen].sort(), ['12x60', '2x200', '3x150', 'v1'])
    assert.deepEqual(stage.events('listener.error'), [])
  })

  test('an imported file that is just being written is not taken as empty, also by a reload that was asked for', async t => {
    const listener =
      "import { answer } from './own.ts'\nexport const onMessage = d => { d.message = answer }\n"
    const own = (answer: string): string => `export const answer = '${answer}'\n`
    const stage = await serving(t, { 'listener.ts': listener, 'own.ts': own('v1') })
    for (let n = 2; n < 5; n++) {
      stage.write({ 'own.ts': '' })
      const reloaded = stage.host.reload()
      await sleep(30)
      stage.write({ 'own.ts': own(`v${n}`) })
      await reloaded
      assert.equal(stage.say('?'), `v${n}`)
    }
    // One that is meant to be empty is taken, a moment later.
    stage.write({ 'own.ts': '' })
    await stage.host.reload()
    assert.equal(stage.say('?'), undefined)
  })

  test('a file that stays empty is a fault', async t => {
    const stage = await serving(t)
    stage.write({ 'listener.ts': '' })
    const took = await stage.fault(/listener\.ts is empty/)
    assert.ok(took > 500, `already after ${took} ms`)
    assert.equal(stage.say('?'), 'v1')
    stage.write({ 'listener.ts': answering('v2') })
    await stage.answers('v2')
  })

  test('hooks that are taken away on purpose are gone within a second', async t => {
    const stage = await serving(t, {
      'listener.ts': `${answering('v1')}export const onClientOpen = () => {}`,
    })
    stage.write({ 'listener.ts': answering('v2') })
    assert.ok((await stage.answers('v2')) < SECOND)
    stage.write({ 'listener.ts': 'export {}' })
    assert.ok((await stage.answers('?')) < SECOND)
  })
})
