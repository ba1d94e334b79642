import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../support/client.ts'
import { spawnGateway, startGateway, temporaryFolder, writeFiles } from '../support/gateway.ts'
import { missing } from '../support/needs.ts'

/** Debian has it below the name of the architecture. */
const FAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`

test('kill -9 at any point, and the next start is a whole one', async t => {
  const folder = temporaryFolder(t)
  for (let i = 0; i < 12; i++) {
    const gateway = spawnGateway(t, { folder, listener: {} })
    // From before the first line to the middle of traffic.
    if (i % 3 === 0) await sleep(60 * i)
    else {
      await gateway.line(line => line.port !== undefined)
      const client = await connect(t, gateway.url)
      for (let j = 0; j < 200; j++) client.send(`${j}`)
      if (i % 3 === 1) void gateway.push({ message: 'x'.repeat(500_000) }).catch(() => undefined)
      await client.messages(20)
    }
    await gateway.stop('SIGKILL')
  }
  const last = await startGateway(t, { folder })
  const client = await connect(t, last.url)
  assert.equal((await last.push({ message: 'whole' })).status, 200)
  assert.deepEqual(await client.messages(1), ['whole'])
  await last.stop()
  const lines = readFileSync(join(folder, 'logs', 'WebSocket.log'), 'utf8')
    .trim()
    .split('\n')
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line)
})

test('the log folder is deleted while it runs, and comes back with the next lines', async t => {
  const gateway = await startGateway(t)
  rmSync(join(gateway.folder, 'logs'), { recursive: true })
  const end = Date.now() + 30_000
  for (;;) {
    await gateway.push({ message: 'x' })
    await sleep(200)
    try {
      if (gateway.logFile().some(line => line.event === 'push')) break
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOENT')
    }
    assert.ok(Date.now() < end, 'the log never came back')
  }
})

test('the listener folder is deleted and made again: the last good version stays, then the new one', async t => {
  const answer = (text: string) => ({
    'listener.mjs': `export const onMessage = data => { data.message = '${text}' }`,
  })
  const gateway = await startGateway(t, { listener: answer('one') })
  const client = await connect(t, gateway.url)
  const folder = join(gateway.folder, 'listener')
  renameSync(folder, `${folder}.away`)
  await gateway.event('listener.error')
  client.send('?')
  assert.deepEqual(await client.messages(1), ['one'])
  mkdirSync(folder)
  writeFiles(folder, answer('two'))
  await gateway.line(line => line.event === 'listener.load' && line.generation === 2)
  client.send('?')
  assert.deepEqual(await client.messages(2), ['one', 'two'])
})

test('the clock is set back: pings, limits, reloads and the log go on', {
  skip: missing(FAKETIME, 'faketime'),
}, async t => {
  const folder = temporaryFolder(t)
  const clock = join(folder, 'clock')
  writeFileSync(clock, '+0')
  const gateway = await startGateway(t, {
    folder,
    listener: { 'listener.mjs': 'export const onMessage = data => { data.message = "one" }' },
    env: {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      // As on a real machine: only the time of day jumps.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      WS_HEARTBEAT_MS: '2500',
      WS_MAX_MESSAGES_PER_SECOND: '50',
    },
  })
  const client = await connect(t, gateway.url)
  const silent = await connect(t, gateway.url, [], { autoPong: false })
  writeFileSync(clock, '-3600')
  assert.equal((await silent.closed).code, 1006, 'who is dead is still noticed')
  for (let i = 0; i < 2; i++) await once(client.ws, 'ping')
  for (let i = 0; i < 60; i++) client.send('?')
  await client.messages(60)
  writeFiles(join(folder, 'listener'), {
    'listener.mjs': 'export const onMessage = data => { data.message = "two" }',
  })
  const line = await gateway.line(l => l.event === 'listener.load' && l.generation === 2)
  assert.ok(Number(line.time) < Date.now() - 3_000_000, 'the clock was set back')
  client.send('?')
  assert.equal((await client.messages(61))[60], 'two')
  assert.equal(client.ws.readyState, 1)
  const { uptimeMs } = (await gateway.call('GET', '/status')).body
  assert.ok(uptimeMs >= 0 && uptimeMs < 60_000)
})

/** Opens so many TCP connections at a time, sends on each, and drops it without a word. */
async function openAndDrop(port: number, count: number, head: string): Promise<void> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.write(head)
    sockets.push(socket)
  }
  await Promise.all(sockets.map(socket => (socket.connecting ? once(socket, 'connect') : undefined)))
  for (const socket of sockets) socket.resetAndDestroy()
}

test('20,000 connections opened and dropped at once leave nothing behind', async t => {
  const gateway = await startGateway(t)
  const honest = await connect(t, gateway.url)
  const handshake =
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  for (const head of ['', 'GET / HT', handshake, `${handshake}\x81\x85abcd`]) {
    for (let i = 0; i < 5; i++) await openAndDrop(gateway.port, 1000, head)
  }
  honest.send('still here')
  await honest.messages(1, 30_000)
  const end = Date.now() + 20_000
  for (;;) {
    const { connections, counters } = (await gateway.call('GET', '/status')).body
    if (connections === 1 && counters.opened === counters.closed + 1) break
    assert.ok(Date.now() < end, `${connections} are left`)
    await sleep(100)
  }
  assert.equal(gateway.lines.filter(line => line.level >= 50).length, 0)
})

test('out of file descriptors (EMFILE): who is in stays, and when some are free again everything works', {
  skip: missing('/usr/bin/prlimit', 'util-linux'),
}, async t => {
  // With a few left, starting a compiler is what fails; with none, everything does.
  for (const left of [0, 3]) {
    const most = 90
    const gateway = await startGateway(t, { command: ['prlimit', `--nofile=${most}`], listener: {} })
    const honest = await connect(t, gateway.url)
    await honest.settled()
    const used = readdirSync(`/proc/${gateway.child.pid}/fd`).length
    // More than fit, or all but those that are left.
    const crowd = Array.from({ length: left === 0 ? 300 : most - used - left }, () => {
      const socket = connectTcp(gateway.port, '127.0.0.1')
      socket.on('error', () => socket.destroy())
      return socket.resume()
    })
    honest.send('in the crowd')
    await honest.messages(1)
    writeFiles(join(gateway.folder, 'listener'), {
      'listener.mjs': 'export const onMessage = data => { data.message = "reloaded" }',
    })
    await gateway.line(line => line.event === 'listener.error' && /EMFILE/.test(line.msg ?? ''))
    for (const socket of crowd) socket.destroy()
    await gateway.line(line => line.event === 'listener.load' && line.generation === 1)
    const client = await connect(t, gateway.url)
    client.send('?')
    assert.deepEqual(await client.messages(1), ['reloaded'])
    assert.equal((await gateway.push({ message: 'pushed' })).status, 200)
    assert.equal(honest.ws.readyState, 1)
  }
})
