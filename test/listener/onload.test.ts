/** An `onLoad` that takes its time, or all of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, Stage } from './stage.ts'

test('stop does not wait for an onLoad that hangs, and its version never comes into use', async t => {
  const stage = new Stage(t, { timeoutMs: 60_000 })
  stage.write({ 'listener.mjs': answering('v1') })
  await stage.host.start()
  const begun = new Promise<void>(resolve => {
    stage.state.begun = resolve
  })
  stage.write({
    'listener.mjs': `export const onLoad = g => { g.state.begun(); g.state.signal = g.signal; return new Promise(() => {}) }`,
  })
  const reloading = assert.rejects(stage.host.reload(), { name: 'ListenerLoadError', message: /stopped/ })
  await begun
  const began = performance.now()
  await stage.host.stop()
  assert.ok(performance.now() - began < 30_000)
  await reloading
  assert.ok(stage.state.signal instanceof AbortSignal && stage.state.signal.aborted)
  assert.equal(stage.host.ready, false)
  assert.deepEqual(stage.events('listener.error'), [])
})

for (const [asked, when] of [
  [true, ', when a reload waits for it'],
  [false, ''],
  [false, ', also when the machine stood still at its save'],
] as const) {
  test(`an onLoad that hangs gives way to a newer version${when}`, async t => {
    const stage = new Stage(t, { timeoutMs: 60_000 })
    stage.write({ 'listener.mjs': answering('v1') })
    await stage.host.start()
    const begun = new Promise<void>(resolve => {
      stage.state.begun = resolve
    })
    stage.write({
      'listener.mjs': `export const onLoad = g => { g.state.begun(); g.state.signal = g.signal; return new Promise(() => {}) }`,
    })
    const reloading = asked ? stage.host.reload() : undefined
    if (when.includes('stood still')) {
      await sleep(50)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
    }
    await begun
    stage.write({ 'listener.mjs': answering('v2') })
    await stage.answers('v2')
    await reloading
    assert.ok(stage.state.signal instanceof AbortSignal && stage.state.signal.aborted)
    assert.deepEqual(stage.events('listener.error'), [])
  })
}

test('continuous saving does not keep a slow onLoad from coming into use', async t => {
  const stage = new Stage(t)
  stage.write({ 'listener.mjs': answering('v1') })
  await stage.host.start()
  const slow = 'export const onLoad = () => new Promise(resolve => setTimeout(resolve, 1500))'
  const saving = setInterval(
    () => stage.write({ 'listener.mjs': `${slow}\n${answering(`v2 ${Date.now()}`)}` }),
    20,
  )
  t.after(() => clearInterval(saving))
  await stage.until(() => String(stage.say('?')).startsWith('v2'), 'v2', 5000)
})
