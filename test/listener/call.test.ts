import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListenerFault } from '../../src/listener/listener.ts'
import { atOnce, closeOf, openOf, pushOf, Stage } from './stage.ts'

const text = `
export function onClientOpen(data, gateway) { gateway.state.opened = data.conn.id; return throwing(data, gateway) }
export const onClientClose = async (data, gateway) => { gateway.state.closed = [data.code, data.reason] }
export const onMessage = (data, gateway) => throwing(data, gateway)
export const onError = (error, data, gateway) => {
  gateway.state.told.push([error, data])
  if (gateway.state.errorFails === 'throw') throw new Error('onError threw')
  if (gateway.state.errorFails === 'reject') return Promise.reject(new Error('onError rejected'))
}
function throwing(data, gateway) {
  if (gateway.state.fail) return gateway.state.fail(data)
}
`

async function staged(t: import('node:test').TestContext, timeoutMs = 5000): Promise<Stage> {
  const stage = new Stage(t, { timeoutMs })
  stage.state.told = []
  stage.write({ 'listener.mjs': text })
  await stage.host.start()
  return stage
}

test('a synchronous hook is answered at once, an async one with a promise', async t => {
  const stage = await staged(t)
  assert.equal(stage.host.open(openOf('c1')), undefined)
  assert.equal(stage.state.opened, 'c1')
  const closed = stage.host.close(closeOf('c1'))
  assert.ok(closed instanceof Promise)
  assert.equal(await closed, undefined)
  assert.deepEqual(stage.state.closed, [1000, ''])
})

test('what a hook throws is logged once, told to onError once, and returned', async t => {
  const stage = await staged(t)
  const error = new Error('no')
  const data = openOf('c7')
  stage.state.fail = () => {
    throw error
  }
  const fault = atOnce(stage.host.open(data))
  assert.ok(fault instanceof ListenerFault)
  assert.deepEqual([fault.kind, fault.message, fault.cause], ['threw', 'onClientOpen failed: no', error])
  assert.deepEqual(stage.state.told, [[error, data]])
  const lines = stage.events('listener.error')
  assert.equal(lines.length, 1)
  assert.deepEqual([lines[0]?.hook, lines[0]?.conn, lines[0]?.err], ['onClientOpen', 'c7', error])
})

test('a push has no connection in the log', async t => {
  const stage = await staged(t)
  stage.state.fail = () => Promise.reject(new Error('later'))
  const fault = await stage.host.message(pushOf('x'))
  assert.equal(fault?.kind, 'threw')
  const [line] = stage.events('listener.error')
  assert.equal(line && 'conn' in line, false)
})

for (const thrown of ['a string', null, undefined, 0, { an: 'object' }, Symbol('s'), Object.create(null)]) {
  test(`anything can be thrown: ${String(thrown?.constructor?.name)} ${typeof thrown}`, async t => {
    const stage = await staged(t)
    for (const fail of [() => Promise.reject(thrown), () => raise(thrown)]) {
      stage.state.fail = fail
      const fault = await stage.host.message(pushOf('x'))
      assert.equal(fault?.kind, 'threw')
      assert.match(fault?.message ?? '', /^onMessage failed: \S/)
    }
    const lines = stage.events('listener.error')
    assert.equal(lines.length, 2)
    for (const line of lines) assert.ok(line.err instanceof Error)
    assert.deepEqual(
      stage.state.told,
      [thrown, thrown].map(error => [error, { message: 'x' }]),
    )
  })
}

function thenable(then: PropertyDescriptor): object {
  return Object.defineProperty({}, 'then', then)
}

function raise(thrown: unknown): never {
  throw thrown
}

test('a hook that takes too long is a fault; what its promise does later is nothing', async t => {
  const stage = await staged(t, 30)
  let rejectLater: (error: Error) => void = () => undefined
  stage.state.fail = () =>
    new Promise((_resolve, reject) => {
      rejectLater = reject
    })
  const unhandled: unknown[] = []
  const note = (error: unknown): void => {
    unhandled.push(error)
  }
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  const alive = setInterval(() => undefined, 1000)
  t.after(() => clearInterval(alive))

  const fault = await stage.host.message(pushOf('x'))
  assert.equal(fault?.kind, 'timeout')
  assert.match(fault?.message ?? '', /onMessage took longer than 30 ms \(WS_LISTENER_TIMEOUT_MS\)/)
  assert.deepEqual(stage.state.told, [[fault, { message: 'x' }]])
  rejectLater(new Error('too late'))
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(unhandled, [])
  assert.equal(stage.events('listener.error').length, 1)
})

test('a promise that is in time leaves no timer', async t => {
  const stage = await staged(t)
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  stage.state.fail = async () => undefined
  for (let i = 0; i < 20; i++) await stage.host.message(pushOf('x'))
  assert.ok(timers() <= before)
})

test('objects with a `then` of any kind are waited for, and cannot break anything', async t => {
  const stage = await staged(t)
  const fails: Record<string, () => unknown> = {
    resolves: () => thenable({ value: (done: () => void) => done() }),
    throws: () => thenable({ value: () => raise(new Error('then threw')) }),
    getter: () => thenable({ get: () => raise(new Error('getter threw')) }),
    number: () => thenable({ value: 1 }),
  }
  const outcomes: Record<string, string | undefined> = {}
  for (const [name, fail] of Object.entries(fails)) {
    stage.state.fail = fail
    outcomes[name] = (await stage.host.message(pushOf('x')))?.message
  }
  assert.deepEqual(outcomes, {
    resolves: undefined,
    throws: 'onMessage failed: then threw',
    getter: 'onMessage failed: getter threw',
    number: undefined,
  })
})

for (const how of ['throw', 'reject']) {
  test(`the faults of onError are logged and told to nobody (${how})`, async t => {
    const stage = await staged(t)
    stage.state.errorFails = how
    stage.state.fail = () => raise(new Error('first'))
    assert.equal(atOnce(stage.host.message(pushOf('x')))?.message, 'onMessage failed: first')
    await stage.until(() => stage.events('listener.error').length === 2, 'two lines')
    assert.deepEqual(
      stage.events('listener.error').map(line => line.hook),
      ['onMessage', 'onError'],
    )
    assert.ok(Array.isArray(stage.state.told) && stage.state.told.length === 1)
  })
}

test('what onMessage leaves behind and cannot be sent is a fault of the hook', async t => {
  const stage = await staged(t)
  const error = new TypeError('data.connections must be an array')
  const fault = stage.host.reject(error, pushOf('x'))
  assert.deepEqual([fault.kind, fault.cause], ['threw', error])
  assert.deepEqual(stage.state.told, [[error, { message: 'x' }]])
  assert.equal(stage.events('listener.error')[0]?.hook, 'onMessage')
})
