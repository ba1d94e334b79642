import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListenerFault } from '../../src/listener/listener.ts'
import { pushOf, Stage } from './stage.ts'

const files = {
  'listener.ts': `import { deep } from './own/deep.ts'

interface Dropped {
  line: number
}

export const onMessage = (data: any, gateway: any) => {
  const dropped: Dropped = { line: 8 }
  if (data.message === 'here') throw new TypeError('at line 9')
  if (data.message === 'read') data.message = new Error('read').stack
  else if (data.message === 'string') throw 'a string'
  else if (data.message === 'timer') setTimeout(() => gateway.state.onTimer(new Error('timer').stack))
  else if (data.message === 'frames') data.message = framesOf()
  else deep(dropped)
}

export const onError = (error: any, _data: any, gateway: any) => {
  gateway.state.told = error
}

function framesOf() {
  const before = Error.prepareStackTrace
  Error.prepareStackTrace = (_error, frames) => frames.map(frame => frame.getFunctionName())
  const names = new Error().stack
  Error.prepareStackTrace = before
  return names
}
`,
  'own/deep.ts': `type Much = {
  a: string
  b: string
}
export function deep(_much: any): never {
  throw new Error('deep')
}
`,
}

function stackOf(error: unknown): string {
  assert.ok(error instanceof Error)
  return error.stack ?? ''
}

test('stacks name the files and lines that the user wrote', async t => {
  const stage = new Stage(t)
  stage.write(files)
  await stage.host.start()

  await t.test('in the log, in onError and in the fault', () => {
    const fault = stage.host.message(pushOf('here'))
    assert.ok(fault instanceof ListenerFault)
    const [line] = stage.events('listener.error')
    for (const error of [line?.err, stage.state.told, fault.cause]) {
      assert.match(stackOf(error), /^TypeError: at line 9\n {4}at onMessage \(.*\/listener\.ts:9:38\)\n/)
    }
  })

  await t.test('in a file that the listener imports', () => {
    const fault = stage.host.message(pushOf('deep'))
    assert.ok(fault instanceof ListenerFault)
    const [, first, second] = stackOf(fault.cause).split('\n')
    assert.equal(first, `    at deep (${stage.at('own/deep.ts')}:6:9)`)
    assert.match(second ?? '', /at onMessage \(.*\/listener\.ts:14:8\)/)
  })

  await t.test('in a stack that the listener itself reads', () => {
    assert.match(String(stage.say('read')), new RegExp(`at onMessage \\(${stage.at('listener.ts')}:10:47\\)`))
  })

  await t.test('in a timer, where no hook is on the stack', async () => {
    const told = new Promise<string>(resolve => {
      stage.state.onTimer = resolve
    })
    stage.say('timer')
    const stack = await told
    assert.match(stack, /listener\.ts:12:/)
    assert.equal(stage.host.owns(stack), true)
  })

  await t.test("a library's own prepareStackTrace still gets V8's frames", () => {
    const names = stage.say('frames')
    assert.ok(Array.isArray(names))
    assert.deepEqual(names.slice(0, 2), ['framesOf', 'onMessage'])
  })

  await t.test('other stacks stay as Node writes them', () => {
    assert.match(new RangeError('mine').stack ?? '', /^RangeError: mine\n {4}at .*stack\.test\.ts:\d+:\d+/)
    assert.throws(
      () => Buffer.from(5 as never),
      error => /^TypeError \[ERR_INVALID_ARG_TYPE\]/.test(stackOf(error)),
    )
  })
})

test('owns tells whether a stack passes through the listener', async t => {
  const stage = new Stage(t)
  stage.write(files)
  await stage.host.start()
  const fault = stage.host.message(pushOf('deep'))
  assert.ok(fault instanceof ListenerFault)
  assert.equal(stage.host.owns(stackOf(fault.cause)), true)
  assert.equal(stage.host.owns(new Error('mine').stack ?? ''), false)
  // What a message says is no frame.
  assert.equal(stage.host.owns(`Error: ${stage.at('listener.ts')}:1:1\n    at x (/elsewhere.ts:1:1)`), false)
  assert.equal(stage.host.owns(`Error: x\n    at y (${stage.folder}/.listener-1.cjs:1:1)`), true)
})

test('a stack of the version before is mapped after a reload, by its own map', async t => {
  const stage = new Stage(t)
  stage.write({
    'listener.ts': '\n\nexport const onLoad = (g: any) => { g.state.old = () => new Error("old").stack }',
  })
  await stage.host.start()
  stage.write({ 'listener.ts': 'export const onMessage = () => {}' })
  await stage.host.reload()
  assert.ok(typeof stage.state.old === 'function')
  assert.match(stage.state.old(), /listener\.ts:3:/)
})

test('the stack of the version in use is mapped after many loads that failed', async t => {
  const stage = new Stage(t)
  stage.write(files)
  await stage.host.start()
  stage.write({ 'listener.ts': 'export const onLoad = () => { throw new Error("no") }' })
  for (let i = 0; i < 25; i++)
    await assert.rejects(stage.host.reload(), /onLoad failed: no \(.*listener\.ts:1:/)
  assert.match(String(stage.say('read')), /listener\.ts:10:47/)
})

test('a prepareStackTrace that was put in place meanwhile is asked, and may ask back', async t => {
  const stage = new Stage(t)
  stage.write(files)
  await stage.host.start()
  const ours = Error.prepareStackTrace
  t.after(() => {
    Error.prepareStackTrace = ours
  })
  Error.prepareStackTrace = (error, frames) => `theirs\n${ours?.(error, frames)}`
  await stage.host.reload()
  assert.match(String(stage.say('read')), /^theirs\nError: read\n {4}at onMessage \(.*listener\.ts:10:47\)/)
})
