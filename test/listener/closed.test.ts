/** Nobody gets in past a listener that is not there, and the last good one stays. */
import assert from 'node:assert/strict'
import { renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, atOnce, closeOf, openOf, pushOf, Stage } from './stage.ts'

// They mostly wait.
describe('failing closed', { concurrency: 6 }, () => {
  /** Nothing is in use: a message must not pass. */
  function assertClosed(stage: Stage): void {
    assert.equal(stage.host.ready, false)
    assert.equal(atOnce(stage.host.message(pushOf('x')))?.kind, 'threw')
  }

  /** The default behaviour: every message passes as it is. */
  function assertDefault(stage: Stage): void {
    assert.equal(stage.host.ready, true)
    assert.equal(stage.say('as it is'), 'as it is')
    assert.equal(stage.host.open(openOf('1')), undefined)
    assert.equal(stage.host.close(closeOf('1')), undefined)
  }

  test('a folder without a listener: the default behaviour, with a warning, until the file appears', async t => {
    const stage = new Stage(t)
    stage.write({ 'notes.txt': '', 'listener.py': '' })
    await stage.host.start()
    assertDefault(stage)
    const { path, loadedAt, generation, error } = stage.host.status
    assert.deepEqual([path, loadedAt, generation, error], [stage.root, null, 0, null])
    assert.deepEqual(
      stage.lines.map(line => line.level),
      ['warn'],
    )
    assert.match(stage.lines[0]?.message ?? '', /holds no listener.*every message goes to everyone/)
    await stage.host.reload()
    assert.equal(stage.lines.length, 1)
    stage.write({ 'listener.ts': answering('v1') })
    await stage.answers('v1')
    assert.equal(stage.host.status.path, stage.at('listener.ts'))
  })

  test('a folder in default behaviour that is deleted stays in it', async t => {
    const stage = new Stage(t, {}, 'l')
    stage.write({ 'l/notes.txt': '' })
    await stage.host.start()
    rmSync(stage.at('l'), { recursive: true })
    await stage.fault(/does not exist/)
    assertDefault(stage)
    stage.write({ 'l/notes.txt': '' })
    await stage.until(() => stage.host.status.error === null, 'no fault')
    stage.write({ 'l/listener.ts': answering('v1') })
    await stage.answers('v1')
  })

  test('a first listener that is bad ends the default behaviour', async t => {
    const stage = new Stage(t)
    await stage.host.start()
    assertDefault(stage)
    stage.write({ 'listener.ts': 'export const onMessage = (' })
    await stage.fault(/listener\.ts:1:27/)
    assertClosed(stage)
    stage.write({ 'listener.ts': answering('v1') })
    await stage.answers('v1')
  })

  for (const root of ['absent.ts', 'absent', 'deep/er/absent']) {
    test(`closed until it appears: WS_LISTENER=${root}`, async t => {
      const stage = new Stage(t, {}, root)
      await stage.host.start()
      assertClosed(stage)
      assert.match(stage.host.status.error ?? '', /absent.* does not exist/)
      assert.equal(stage.host.status.path, stage.root)
      await assert.rejects(stage.host.reload(), { name: 'ListenerLoadError', message: /does not exist/ })
      stage.write({ [root.endsWith('.ts') ? root : `${root}/index.js`]: answering('v1') })
      await stage.answers('v1')
      assert.equal(stage.host.status.error, null)
    })
  }

  test('a folder that appears without a listener is a folder without a listener', async t => {
    const stage = new Stage(t, {}, 'l')
    await stage.host.start()
    assertClosed(stage)
    stage.write({ 'l/notes.txt': '' })
    await stage.until(() => stage.host.ready, 'ready')
    assertDefault(stage)
    assert.equal(stage.host.status.error, null)
  })

  test('closed while a link leads nowhere, or the file is no listener', async t => {
    const stage = new Stage(t)
    symlinkSync('nowhere.ts', stage.at('listener.ts'))
    await stage.host.start()
    assertClosed(stage)
    assert.match(stage.host.status.error ?? '', /listener\.ts does not exist/)
    stage.write({ 'nowhere.ts': answering('v1') })
    await stage.answers('v1')

    const text = new Stage(t, {}, 'listener.txt')
    text.write({ 'listener.txt': answering('v1') })
    await text.host.start()
    assertClosed(text)
    assert.match(text.host.status.error ?? '', /listener\.txt is no \.ts/)
  })

  test('a first load that fails is closed, logged once, and opens when it is mended', async t => {
    const stage = new Stage(t)
    stage.write({ 'listener.ts': 'throw new Error("not yet")' })
    await stage.host.start()
    assertClosed(stage)
    const { loadedAt, generation, error } = stage.host.status
    assert.deepEqual([loadedAt, generation], [null, 0])
    assert.match(error ?? '', /^not yet \(.*listener\.ts:1:7\)/)
    await sleep(700)
    const lines = stage.events('listener.error')
    assert.equal(lines.length, 1)
    assert.equal(lines[0]?.path, stage.at('listener.ts'))
    assert.ok(lines[0]?.err instanceof Error && /listener\.ts:1:7/.test(lines[0].err.stack ?? ''))
    stage.write({ 'listener.ts': answering('v1') })
    await stage.answers('v1')
    assert.equal(stage.host.status.generation, 1)
  })

  test('a file that disappears after a good load: the last good version stays, said once', async t => {
    const stage = new Stage(t)
    stage.write({ 'listener.ts': answering('v1'), 'notes.txt': '' })
    await stage.host.start()
    unlinkSync(stage.at('listener.ts'))
    await stage.fault(/holds no listener/)
    await sleep(700)
    assert.equal(stage.say('?'), 'v1')
    assert.equal(stage.host.ready, true)
    assert.equal(stage.host.status.path, stage.at('listener.ts'))
    assert.equal(stage.events('listener.error').length, 1)
    await assert.rejects(stage.host.reload(), /holds no listener/)
    assert.equal(stage.say('?'), 'v1')

    // The same file again heals it, without a load.
    stage.write({ 'listener.ts': answering('v1') })
    await stage.until(() => stage.host.status.error === null, 'no fault')
    assert.equal(stage.host.status.generation, 1)
    renameSync(stage.at('listener.ts'), stage.at('away.ts'))
    await stage.fault(/holds no listener/)
    renameSync(stage.at('away.ts'), stage.at('listener.ts'))
    await stage.until(() => stage.host.status.error === null, 'no fault')
    stage.write({ 'listener.ts': answering('v2') })
    await stage.answers('v2')
  })

  test('a bad file that disappears and comes back is still bad', async t => {
    const stage = new Stage(t)
    stage.write({ 'listener.ts': answering('v1') })
    await stage.host.start()
    stage.write({ 'listener.ts': '?' })
    await stage.fault(/listener\.ts:1:1/)
    unlinkSync(stage.at('listener.ts'))
    await stage.fault(/holds no listener/)
    stage.write({ 'listener.ts': '?' })
    await stage.fault(/listener\.ts:1:1/)
    assert.equal(stage.say('?'), 'v1')
  })

  test('an onLoad that fails leaves the old version in use', async t => {
    const stage = new Stage(t, { timeoutMs: 50 })
    stage.write({ 'listener.ts': answering('v1') })
    await stage.host.start()
    const bad: Record<string, [body: string, message: RegExp]> = {
      throws: ['throw new Error("no database")', /^onLoad failed: no database \(.*listener\.ts:1:\d+\)/],
      rejects: ['await null; throw "text"', /^onLoad failed: 'text'/],
      hangs: ['await new Promise(() => {})', /^onLoad failed: .*onLoad took longer than 50 ms/],
    }
    for (const [how, [body, message]] of Object.entries(bad)) {
      stage.write({
        'listener.ts': `export async function onLoad(g: any) { g.state.signal = g.signal; ${body} }
export const onError = (error: any, data: any, g: any) => { g.state.told = [how, error, data] }
export const onUnload = (g: any) => { g.state.unloaded = true }
const how = '${how}'
${answering(how)}`,
      })
      await stage.fault(message)
      assert.equal(stage.say('?'), 'v1')
      // What the failed version has begun must end.
      assert.ok(stage.state.signal instanceof AbortSignal && stage.state.signal.aborted)
      assert.equal(stage.state.unloaded, undefined)
      const told: unknown = stage.state.told
      assert.ok(Array.isArray(told) && told[0] === how && told[2] === undefined)
    }
    assert.equal(stage.events('listener.error').length, 3)
    assert.equal(stage.host.status.generation, 1)
  })
})
