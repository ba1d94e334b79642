import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayError, gatewayAction, gatewayState, sendGatewayMessage } from '../src/client.ts'
import { connect } from './support/client.ts'
import { cleanEnvironment, root, startGateway, temporaryFolder, writeFiles } from './support/gateway.ts'

test('a message, to all or to some, with further keys; bytes go as a binary message', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onMessage = d => { if (d.room) d.message = [d.room, d.message] }`,
    },
  })
  const options = { controlDir: join(gateway.folder, 'run') }
  const [a, b] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  const [first] = (await gateway.call('GET', '/connections')).body.connections
  const send = (data: Parameters<typeof sendGatewayMessage>[1]) =>
    sendGatewayMessage('websocket', data, options)
  assert.deepEqual(await send({ message: 'hello' }), { recipients: 2 })
  assert.deepEqual(await send({ message: { n: 1 }, room: 'x', connections: [first.id] }), { recipients: 1 })
  assert.deepEqual(await send({ message: new Uint8Array([1, 2, 255]), except: [first.id] }), {
    recipients: 1,
  })
  assert.deepEqual(await send({ message: 'AQ==', encoding: 'base64' }), { recipients: 2 })
  assert.deepEqual(await a.messages(3), ['hello', '["x",{"n":1}]', Buffer.from([1])])
  assert.deepEqual(await b.messages(3), ['hello', Buffer.from([1, 2, 255]), Buffer.from([1])])
})

test('actions and states', async t => {
  const gateway = await startGateway(t)
  const options = { controlDir: join(gateway.folder, 'run') }
  assert.equal(await gatewayState('websocket', options), 'running')
  assert.equal((await gatewayAction('websocket', 'stop', options)).state, 'stopped')
  assert.equal(await gatewayState('websocket', options), 'stopped')
  assert.equal((await gatewayAction('websocket', 'stop', options)).note, 'already stopped')
  assert.equal((await gatewayAction('websocket', 'restart', options)).state, 'running')
  assert.equal((await gatewayAction('websocket', 'reload', options)).state, 'running')
  // A program in JavaScript may say anything.
  await assert.rejects(gatewayAction('websocket', 'status' as 'stop', options), TypeError)
})

test('a refusal rejects with its status and detail; an absent gateway with a code and no status', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': `export const onMessage = () => { throw new Error('no such room') }` },
  })
  const options = { controlDir: join(gateway.folder, 'run') }
  const refused = (error: unknown, status: number, detail: RegExp): true => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.status, status)
    assert.match(error.detail, detail)
    assert.equal(error.message, error.detail)
    assert.equal(error.problem?.status, status)
    return true
  }
  const send = (data: unknown) => sendGatewayMessage('websocket', data as { message: unknown }, options)
  await assert.rejects(send({ message: 'x' }), error => refused(error, 500, /no such room/))
  await assert.rejects(send({}), error => refused(error, 400, /"message"/))
  await assert.rejects(send(null), error => refused(error, 400, /null/))
  await assert.rejects(send({ message: 1, connections: 'a' }), error => refused(error, 400, /"connections"/))
  await gateway.call('POST', '/stop')
  await assert.rejects(send({ message: 'x' }), error => refused(error, 409, /stopped/))
  await assert.rejects(sendGatewayMessage('other', { message: 'x' }, options), error => {
    assert.ok(error instanceof GatewayError)
    assert.deepEqual([error.status, error.code], [undefined, 'ENOENT'])
    return true
  })
  await assert.rejects(gatewayState('../websocket', options), /is no gateway's id/)
})

test('a call can be given up', async t => {
  const gateway = await startGateway(t)
  gateway.child.kill('SIGSTOP')
  t.after(() => gateway.child.kill('SIGCONT'))
  const options = { controlDir: join(gateway.folder, 'run'), signal: AbortSignal.timeout(100) }
  await assert.rejects(gatewayState('websocket', options), /does not answer/)
})

test('hundreds of calls at once are all answered', async t => {
  const gateway = await startGateway(t)
  const options = { controlDir: join(gateway.folder, 'run') }
  const client = await connect(t, gateway.url)
  await Promise.all(
    Array.from({ length: 700 }, (_, n) => sendGatewayMessage('websocket', { message: String(n) }, options)),
  )
  const messages = await client.messages(700)
  assert.equal(new Set(messages).size, 700)
})

test('an application imports it from the package, from WS_CONTROL_DIR or from run', async t => {
  const gateway = await startGateway(t)
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'websocket-gateway'))
  writeFiles(folder, {
    'app.mjs': `
      import { sendGatewayMessage, gatewayAction, gatewayState } from 'websocket-gateway/client'
      console.log(JSON.stringify([
        await sendGatewayMessage('websocket', { message: 'hello' }),
        (await gatewayAction('websocket', 'restart')).state,
        await gatewayState('websocket'),
      ]))
    `,
    'app.cjs': `require('websocket-gateway/client').gatewayState('websocket').then(console.log)`,
  })
  const run = (cwd: string, file: string, env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(folder, file)], { cwd, encoding: 'utf8', env: cleanEnvironment(env) })
  const app = run(folder, 'app.mjs', { WS_CONTROL_DIR: join(gateway.folder, 'run') })
  assert.equal(app.stdout, '[{"recipients":0},"running","running"]\n', app.stderr)
  const cjs = run(gateway.folder, 'app.cjs')
  assert.equal(cjs.stdout, 'running\n', cjs.stderr)
})
