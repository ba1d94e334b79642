import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, SECOND, serving } from './stage.ts'

// They mostly wait.
describe('saves that take time', { concurrency: 6 }, () => {
  const EMPTY_MS = 200
  /** A save that takes longer than it should by this is another one, which may well be taken in between. */
  const LATE_MS = 200

  /**
   * Empties a file and writes it piece by piece, as over a slow network.
   * @returns whether it went as fast as it should
   */
  async function drip(path: string, text: string, pieces: number, everyMs: number): Promise<boolean> {
    const began = performance.now()
    writeFileSync(path, '')
    const length = Math.ceil(text.length / pieces)
    for (let at = 0; at < text.length; at += length) {
      await sleep(at === 0 ? EMPTY_MS : everyMs)
      writeFileSync(path, text.slice(at, at + length), { flag: 'a' })
    }
    return performance.now() - began < EMPTY_MS + (pieces - 1) * everyMs + LATE_MS
  }

  test('an empty or half-written file is not taken, and is no fault', async t => {
    const guard = "export const onClientOpen = () => {}\nexport const onMessage = d => { d.message = 'V' }\n"
    const stage = await serving(t, { 'listener.ts': guard.replace('V', 'v1') })
    let seen = new Set<unknown>()
    const look = setInterval(() => seen.add(stage.say('?')), 2)
    t.after(() => clearInterval(look))
    const paces = [
      [3, 150],
      [12, 50],
      [2, 200],
    ] as const
    let before = 'v1'
    let tries = 0
    for (const [pieces, everyMs] of paces) {
      for (let isDone = false; !isDone; tries++) {
        assert.ok(tries < 20, 'the machine is too slow for these saves')
        seen = new Set()
        const faults = stage.events('listener.error').length
        const text = `${pieces}x${everyMs}, try ${tries}`
        // A comment and one hook come first: by themselves a valid listener that would let everything through.
        const isInTime = await drip(
          stage.at('listener.ts'),
          `/* a long comment ${'.'.repeat(150)} */\n${guard.replace('V', text)}`,
          pieces,
          everyMs,
        )
        const took = await stage.answers(text)
        if (isInTime) {
          assert.ok(took < SECOND)
          await sleep(10)
          assert.deepEqual([...seen], [before, text])
          assert.equal(stage.events('listener.error').length, faults)
          isDone = true
        }
        before = text
      }
    }
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
    const began = performance.now()
    stage.write({ 'listener.ts': '' })
    await stage.fault(/listener\.ts is empty/)
    const took = performance.now() - began
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
