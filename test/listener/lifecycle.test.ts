import assert from 'node:assert/strict'
import { unlinkSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, pushOf, Stage } from './stage.ts'

/** Notes what happens to version `name` in `gateway.state.story`. */
function telling(name: string, extra = ''): string {
  return `
export function onLoad(gateway) {
  gateway.state.story.push('${name} load')
  gateway.signal.addEventListener('abort', () => gateway.state.story.push('${name} abort'))
}
export function onUnload(gateway) { gateway.state.story.push('${name} unload ' + gateway.signal.aborted) }
${answering(name)}${extra}`
}

function staged(t: import('node:test').TestContext, timeoutMs = 60_000): Stage {
  const stage = new Stage(t, { timeoutMs })
  stage.state.story = []
  return stage
}

test('versions come and go in order', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': telling('v1') })
  assert.equal(stage.host.ready, false)
  await stage.host.start()
  await stage.host.start()
  stage.write({ 'listener.mjs': telling('v2') })
  await stage.host.reload()
  await stage.host.stop()
  await stage.host.stop()
  assert.deepEqual(stage.state.story, [
    'v1 load',
    'v2 load',
    'v1 abort',
    'v1 unload true',
    'v2 abort',
    'v2 unload true',
  ])
  assert.equal(stage.host.ready, false)
  assert.equal(stage.host.status.loadedAt, null)
  assert.equal(stage.host.status.generation, 2)
  const refused = stage.host.message(pushOf('x'))
  assert.ok(refused instanceof Error)
  await assert.rejects(stage.host.reload(), { name: 'ListenerLoadError', message: /stopped/ })
})

test('the old version serves until the new one is ready', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': answering('v1') })
  await stage.host.start()
  const ready = new Promise<() => void>(resolve => {
    stage.state.wait = () => new Promise<void>(go => resolve(go))
  })
  stage.write({ 'listener.mjs': `export const onLoad = g => g.state.wait()\n${answering('v2')}` })
  const go = await ready
  assert.equal(stage.say('?'), 'v1')
  go()
  await stage.answers('v2')
})

test('a hook that has begun ends in its own version', async t => {
  const stage = staged(t)
  stage.write({
    'listener.mjs':
      'export const onMessage = async (d, g) => { await g.state.wait; d.message = "v1 " + g.signal.aborted }',
  })
  let go: () => void = () => undefined
  stage.state.wait = new Promise<void>(resolve => {
    go = resolve
  })
  await stage.host.start()
  const answer = stage.sayAndWait('?')
  stage.write({ 'listener.mjs': answering('v2') })
  await stage.host.reload()
  go()
  assert.equal(await answer, 'v1 true')
  assert.equal(stage.say('?'), 'v2')
})

test('onUnload is not waited for by traffic, but by stop', async t => {
  const stage = staged(t)
  let go: () => void = () => undefined
  stage.state.wait = new Promise<void>(resolve => {
    go = resolve
  })
  stage.write({
    'listener.mjs': `export const onUnload = async g => { await g.state.wait; g.state.unloaded = true }`,
  })
  await stage.host.start()
  stage.write({ 'listener.mjs': answering('v2') })
  await stage.host.reload()
  assert.equal(stage.say('?'), 'v2')
  const stopped = stage.host.stop()
  await sleep(20)
  assert.equal(stage.state.unloaded, undefined)
  go()
  await stopped
  assert.equal(stage.state.unloaded, true)
})

test('an onUnload that fails or hangs is logged, and holds up nothing for longer than its time', async t => {
  const stage = staged(t, 40)
  for (const body of ['throw new Error("bye")', 'return new Promise(() => {})']) {
    stage.write({ 'listener.mjs': `export function onUnload() { ${body} }\n${answering(body)}` })
    await stage.host.start()
    await stage.host.stop()
  }
  const messages = stage.events('listener.error').map(line => [line.hook, line.message])
  assert.deepEqual(messages, [
    ['onUnload', 'onUnload failed: bye'],
    ['onUnload', 'onUnload took longer than 40 ms (WS_LISTENER_TIMEOUT_MS)'],
  ])
})

test('start after stop loads anew; when that fails, the last good version is used again', async t => {
  const stage = staged(t)
  stage.write({
    'listener.mjs': telling('v1', 'let count = 0\nexport const onClientOpen = d => { d.n = ++count }'),
  })
  await stage.host.start()
  await stage.host.stop()
  stage.write({ 'listener.mjs': '(' })
  await stage.host.start()
  assert.equal(stage.host.ready, true)
  assert.equal(stage.say('?'), 'v1')
  assert.match(stage.host.status.error ?? '', /listener\.mjs:1:2/)
  assert.equal(stage.host.status.generation, 1)
  assert.equal(stage.host.status.path, stage.at('listener.mjs'))
  assert.deepEqual(stage.state.story, ['v1 load', 'v1 abort', 'v1 unload true', 'v1 load'])

  await stage.host.stop()
  unlinkSync(stage.at('listener.mjs'))
  await stage.host.start()
  assert.equal(stage.say('?'), 'v1')
  assert.match(stage.host.status.error ?? '', /holds no listener/)

  stage.write({ 'listener.mjs': answering('v2') })
  await stage.answers('v2')
  assert.equal(stage.host.status.error, null)
  assert.equal(stage.host.status.generation, 2)
})

test('the last good version that cannot be used again leaves the gateway closed', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': `export const onLoad = g => { if (g.state.down) throw new Error('down') }` })
  await stage.host.start()
  await stage.host.stop()
  stage.state.down = true
  await stage.host.start()
  assert.equal(stage.host.ready, false)
  assert.match(stage.host.status.error ?? '', /onLoad failed: down/)
  stage.state.down = false
  await stage.host.reload()
  assert.equal(stage.host.ready, true)
})

test('loads are one at a time', async t => {
  const stage = staged(t)
  stage.state.running = 0
  stage.write({
    'listener.mjs': `export const onLoad = async g => {
  if (g.state.running++ > 0) g.state.overlap = true
  await new Promise(resolve => setTimeout(resolve, 5))
  g.state.running--
}\n${answering('v1')}`,
  })
  await Promise.all([stage.host.start(), stage.host.reload(), stage.host.reload(), stage.host.reload()])
  assert.equal(stage.host.status.generation, 4)
  assert.equal(stage.state.overlap, undefined)
})

test('calls cross each other without harm', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': answering('v1') })
  const reload = stage.host.reload().then(
    () => 'loaded',
    (error: Error) => error.message,
  )
  await Promise.all([
    stage.host.start(),
    stage.host.stop(),
    stage.host.start(),
    stage.host.stop(),
    stage.host.start(),
  ])
  assert.match(await reload, /stopped/)
  assert.equal(stage.say('?'), 'v1')
  const [stopping] = [stage.host.stop(), stage.host.start()]
  await stopping
  await stage.answers('v1')
})

test('changes are followed after a restart, and not while stopped', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': answering('v1') })
  await stage.host.start()
  await stage.host.stop()
  stage.write({ 'listener.mjs': answering('v2') })
  await sleep(700)
  assert.equal(stage.host.status.generation, 1)
  await stage.host.start()
  assert.equal(stage.say('?'), 'v2')
  stage.write({ 'listener.mjs': answering('v3') })
  await stage.answers('v3')
})

test('a reload that fails says why, and follows the file', async t => {
  const stage = staged(t)
  stage.write({ 'listener.mjs': answering('v1') })
  await stage.host.start()
  stage.write({ 'listener.mjs': 'export const a = 1\nexport const onMessage = d => {\n' })
  await assert.rejects(stage.host.reload(), {
    name: 'ListenerLoadError',
    message: `${stage.at('listener.mjs')}:3:1: Unexpected end of file`,
  })
  assert.equal(stage.say('?'), 'v1')
  await sleep(700)
  assert.equal(stage.events('listener.error').length, 1)
  stage.write({ 'listener.mjs': answering('v2') })
  await stage.answers('v2')
})
