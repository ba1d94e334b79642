import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { noDisk, smallDisk } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import { cleanEnvironment, mainFile, startGateway, temporaryFolder } from '../support/gateway.ts'

test('the events of the contract, in the file and on standard output alike; no text of a message at info', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onMessage = data => { if (data.message === 'bad') throw new Error('oh no') }`,
    },
  })
  const client = await connect(t, `${gateway.url}/chat?token=secret`)
  client.send('private words')
  client.send('bad')
  await client.messages(1)
  await gateway.event('listener.error')
  await gateway.push({ message: 'private push' })
  await gateway.call('POST', '/reload')
  await client.close(1000)
  await gateway.event('client.close')
  await gateway.stop()
  const lines = gateway.logFile()
  assert.deepEqual(lines, gateway.lines)
  for (const event of [
    'gateway.start',
    'gateway.stop',
    'client.open',
    'client.close',
    'push',
    'listener.load',
    'listener.error',
    'control.call',
  ]) {
    assert.ok(
      lines.some(line => line.event === event),
      event,
    )
  }
  for (const line of lines) {
    assert.equal(line.gateway, 'websocket')
    assert.ok(line.time && line.level && line.event && line.msg, JSON.stringify(line))
  }
  const text = JSON.stringify(lines)
  assert.doesNotMatch(text, /private|secret/)
  const opened = lines.find(line => line.event === 'client.open')
  assert.deepEqual([opened?.ip, opened?.path], ['127.0.0.1', '/chat'])
  assert.match(
    JSON.stringify(lines.find(line => line.event === 'listener.error')?.err),
    /oh no.*listener\.js:1:/,
  )
})

test('at debug the messages are there with their text', async t => {
  const gateway = await startGateway(t, { env: { WS_LOG_LEVEL: 'debug' } })
  const client = await connect(t, gateway.url)
  client.send('hello')
  client.send(Buffer.from([1]))
  await client.messages(2)
  const line = await gateway.event('message')
  assert.deepEqual([line.level, line.text, line.recipients], [20, 'hello', 1])
  await gateway.push({ message: 'pushed' })
  await gateway.line(l => l.event === 'push' && l.level === 20 && l.text === 'pushed')
})

test('SIGHUP reopens the file after logrotate has moved it', async t => {
  const gateway = await startGateway(t)
  const file = join(gateway.folder, 'logs', 'WebSocket.log')
  await gateway.until('the first lines in the file', () =>
    readFileSync(file, 'utf8').includes('gateway.start'),
  )
  renameSync(file, `${file}.1`)
  gateway.child.kill('SIGHUP')
  // The signal may arrive behind the first of them.
  await eventually('a push in the new file', async () => {
    await gateway.push({ message: 'x' })
    return existsSync(file)
  })
  await gateway.stop()
  assert.match(readFileSync(`${file}.1`, 'utf8'), /gateway\.start/)
  assert.deepEqual(gateway.logFile()[0]?.event, 'push')
})

test('a log folder that cannot be written is said on standard error; the gateway runs on', async t => {
  const gateway = await startGateway(t, { env: { WS_LOG_DIR: 'blocked' }, files: { blocked: '' } })
  await gateway.until('the complaint', () => /WebSocket\.log cannot be written/.test(gateway.stderr))
  await gateway.push({ message: 'x' })
  await gateway.event('push')
  rmSync(join(gateway.folder, 'blocked'))
  await gateway.until('the all-clear', () => /is written again/.test(gateway.stderr))
  await gateway.stop()
  assert.match(readFileSync(join(gateway.folder, 'blocked', 'WebSocket.log'), 'utf8'), /"event":"push"/)
})

test('a full disk: said, survived, and written again when there is room', { skip: noDisk }, async t => {
  const folder = smallDisk(t, 16)
  const gateway = await startGateway(t, { env: { WS_LOG_DIR: folder } })
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(8192))
  for (let n = 0; n < 100; n++) await gateway.push({ message: 'x' })
  await gateway.until('the complaint', () => /cannot be written: ENOSPC/.test(gateway.stderr))
  rmSync(join(folder, 'ballast'))
  await gateway.until('the all-clear', () => /is written again/.test(gateway.stderr))
  await gateway.stop()
  for (const line of readFileSync(join(folder, 'WebSocket.log'), 'utf8').trimEnd().split('\n'))
    JSON.parse(line)
})

test('several gateways share one file, whole lines only', async t => {
  const logs = temporaryFolder(t)
  const env = { WS_LOG_DIR: logs }
  const [a, b] = await Promise.all([
    startGateway(t, { env }),
    startGateway(t, { env: { ...env, WS_GATEWAY_ID: 'other' } }),
  ])
  const clients = await Promise.all([a, b].flatMap(g => Array.from({ length: 100 }, () => connect(t, g.url))))
  await Promise.all(clients.map(client => client.close()))
  await Promise.all([a.stop(), b.stop()])
  const lines = readFileSync(join(logs, 'WebSocket.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  for (const id of ['websocket', 'other']) {
    const of = lines.filter(line => line.gateway === id)
    assert.equal(of.filter(line => line.event === 'client.open').length, 100)
    assert.equal(of.filter(line => line.event === 'client.close').length, 100)
  }
})

test('a standard output that nobody reads, or that is closed, stops nothing', async t => {
  const folder = temporaryFolder(t)
  const child = spawn(process.execPath, [mainFile], {
    cwd: folder,
    env: cleanEnvironment({ WS_PORT: '0', WS_LISTENER: '.', WS_LOG_LEVEL: 'debug' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'readable')
  child.stdout.destroy()
  const gateway = await startGateway(t)
  await gateway.stop()
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})
