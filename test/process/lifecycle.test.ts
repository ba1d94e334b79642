import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { callSocket, spawnGateway, startGateway, temporaryFolder } from '../support/gateway.ts'
import { quickest } from '../support/quickest.ts'

const HOOKS = {
  'listener.js': `
    import { appendFileSync } from 'node:fs'
    const say = text => appendFileSync('hooks.txt', text + '\\n')
    export const onLoad = gateway => { gateway.signal.addEventListener('abort', () => say('abort')); say('load') }
    export const onUnload = () => say('unload')
    export const onClientOpen = ({ conn }, gateway) => { gateway.state.opened = (gateway.state.opened ?? 0) + 1 }
    export const onClientClose = async ({ code, reason }, gateway) => { await 0; say('close ' + code + ' ' + reason) }
    export const onMessage = (data, gateway) => { data.message = String(gateway.state.opened) }
  `,
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: 1001 for each client, its queue first, the hooks, a flushed log, no socket file, exit 0`, async t => {
    const gateway = await startGateway(t, { listener: HOOKS })
    const clients = await Promise.all([connect(t, gateway.url), connect(t, gateway.url)])
    const big = 'x'.repeat(500_000)
    await gateway.push({ message: 'first' })
    clients[0]?.ws.pause()
    assert.equal((await gateway.push({ message: big })).body.recipients, 2)
    gateway.child.kill(signal)
    clients[0]?.ws.resume()
    for (const client of clients) {
      assert.deepEqual(await client.closed, { code: 1001, reason: 'gateway stops' })
      assert.equal(client.got.length, 2)
    }
    assert.deepEqual(await gateway.exited, { code: 0, signal: null })
    assert.equal(existsSync(gateway.socket), false)
    const said = readFileSync(join(gateway.folder, 'hooks.txt'), 'utf8').trim().split('\n')
    assert.deepEqual(said.sort(), [
      'abort',
      'close 1001 gateway stops',
      'close 1001 gateway stops',
      'load',
      'unload',
    ])
    assert.deepEqual(
      gateway.logFile().map(line => line.msg),
      gateway.lines.map(line => line.msg),
    )
    assert.equal(gateway.logFile().at(-1)?.event, 'gateway.stop')
  })
}

test('a client that answers no close is terminated after a second; the others are not held up', async t => {
  const waited = await quickest(900, async () => {
    const gateway = await startGateway(t)
    const mute = await connect(t, gateway.url)
    mute.ws.pause()
    const good = await connect(t, gateway.url)
    const begun = performance.now()
    const stop = gateway.call('POST', '/stop')
    assert.equal((await good.closed).code, 1001)
    const others = performance.now() - begun
    assert.equal((await stop).body.state, 'stopped')
    const took = performance.now() - begun
    // By the time of the whole stop alone it would be more than 5 seconds.
    assert.ok(took > 900 && took < 5000, `${took} ms`)
    assert.equal(
      (await gateway.line(l => l.event === 'client.close' && l.conn !== undefined && l.code === 1001)).level,
      30,
    )
    return others
  })
  assert.ok(waited < 900, `${waited} ms`)
})

test('a hook that never ends does not hold up the exit past WS_SHUTDOWN_TIMEOUT_MS', async t => {
  const gateway = await startGateway(t, {
    env: { WS_SHUTDOWN_TIMEOUT_MS: '1500' },
    listener: {
      'listener.js':
        'export const onClientClose = () => new Promise(() => {}); export const onUnload = onClientClose',
    },
  })
  const client = await connect(t, gateway.url)
  const begun = performance.now()
  gateway.child.kill('SIGTERM')
  assert.equal((await client.closed).code, 1001)
  assert.equal((await gateway.exited).code, 0)
  // Without it, it would be 8 seconds.
  const took = performance.now() - begun
  assert.ok(took < 7000, `${took} ms`)
})

test('a second signal exits at once', async t => {
  const gateway = await startGateway(t, {
    env: { WS_SHUTDOWN_TIMEOUT_MS: '60000', WS_LISTENER_TIMEOUT_MS: '60000' },
    listener: { 'listener.js': 'export const onUnload = () => new Promise(() => {})' },
  })
  gateway.child.kill('SIGTERM')
  await gateway.line(line => line.signal === 'SIGTERM')
  const begun = performance.now()
  gateway.child.kill('SIGTERM')
  assert.equal((await gateway.exited).code, 143)
  assert.ok(performance.now() - begun < 20_000)
})

test('a SIGTERM right after the start ends it with exit 0 as well', async t => {
  // Before Node runs any code of ours, the signal is the system's to handle.
  for (const after of [0, 10, 30, 100, 250]) {
    const gateway = spawnGateway(t, { listener: {} })
    await eventually('its signals to be handled', () => handlesSignals(gateway.child.pid))
    await new Promise(resolve => setTimeout(resolve, after))
    gateway.child.kill('SIGTERM')
    const { code, signal } = await gateway.exited
    assert.equal(code, 0, `after ${after} ms: exit ${code} ${signal}\n${gateway.stderr}`)
  }
})

/** SIGHUP is handled right after SIGTERM, and by nobody but our code: Node handles SIGTERM itself before. */
function handlesSignals(pid: number | undefined): boolean {
  const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n
}

test('stop and start: the port is closed and opened, the process and its control socket stay', async t => {
  const gateway = await startGateway(t, { listener: HOOKS })
  const { url } = gateway
  const client = await connect(t, url)
  const stopped = await gateway.call('POST', '/stop')
  assert.equal(stopped.status, 200)
  assert.equal(stopped.body.state, 'stopped')
  assert.equal((await client.closed).code, 1001)
  await assert.rejects(connect(t, url), /ECONNREFUSED/)
  assert.equal((await gateway.call('POST', '/stop')).body.note, 'already stopped')
  assert.equal((await gateway.push({ message: 'x' })).status, 409)
  assert.equal((await gateway.call('POST', '/reload')).status, 409)
  const health = await gateway.call('GET', '/health')
  assert.deepEqual([health.status, health.body.status], [200, 'pass'])
  const started = await gateway.call('POST', '/start')
  assert.equal(started.body.state, 'running')
  assert.equal((await gateway.call('POST', '/start')).body.note, 'already running')
  await connect(t, `ws://127.0.0.1:${started.body.port}`)
})

test('restart: 1012, the listener anew, an empty gateway.state, the same port; it starts what is stopped', async t => {
  const gateway = await startGateway(t, { listener: HOOKS })
  const client = await connect(t, gateway.url)
  await connect(t, gateway.url)
  client.send('how many?')
  assert.deepEqual(await client.messages(1), ['2'])
  const { port } = gateway
  const restarted = await gateway.call('POST', '/restart')
  assert.equal(restarted.body.state, 'running')
  assert.equal(restarted.body.port, port)
  assert.equal(restarted.body.listener.generation, 2)
  assert.deepEqual(await client.closed, { code: 1012, reason: 'gateway restarts' })
  const again = await connect(t, gateway.url)
  again.send('how many?')
  assert.deepEqual(await again.messages(1), ['1'])
  await gateway.call('POST', '/stop')
  assert.equal((await gateway.call('POST', '/restart')).body.state, 'running')
})

test('many calls at once leave one server in the state that the last one asked for', async t => {
  const gateway = await startGateway(t)
  const calls = ['restart', 'restart', 'stop', 'restart', 'start', 'restart', 'stop', 'start', 'restart']
  const answers = await Promise.all(calls.map(call => gateway.call('POST', `/${call}`)))
  for (const answer of answers) assert.equal(answer.status, 200)
  assert.equal((await gateway.call('GET', '/status')).body.state, 'running')
  await connect(t, gateway.url)
  await gateway.call('POST', '/stop')
  await assert.rejects(connect(t, gateway.url), /ECONNREFUSED/)
})

test('mode manual waits for start; mode disabled refuses it', async t => {
  const manual = await startGateway(t, { env: { WS_STARTUP_MODE: 'manual' } })
  const before = (await manual.call('GET', '/status')).body
  assert.deepEqual([before.state, before.mode], ['stopped', 'manual'])
  assert.equal((await manual.call('GET', '/health')).status, 200)
  const started = (await manual.call('POST', '/start')).body
  assert.equal(started.state, 'running')
  await connect(t, `ws://127.0.0.1:${started.port}`)
  const disabled = await startGateway(t, { env: { WS_STARTUP_MODE: 'disabled' } })
  for (const call of ['/start', '/restart']) {
    const answer = await disabled.call('POST', call)
    assert.equal(answer.status, 409)
    assert.match(answer.body.detail, /disabled/)
  }
  assert.equal((await disabled.call('POST', '/stop')).body.note, 'already stopped')
  assert.equal((await disabled.stop()).code, 0)
})

test('a port that is taken: one clear line and exit 1, or 409 over the control socket', async t => {
  const holder = createServer().listen(0)
  t.after(() => holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  const gateway = spawnGateway(t, { listener: {}, env: { WS_PORT: String(port) } })
  assert.equal((await gateway.exited).code, 1)
  assert.match(
    gateway.stderr,
    new RegExp(`^gateway: cannot listen on port ${port}: another process has it \\(EADDRINUSE\\)\\n$`),
  )
  assert.equal(existsSync(gateway.socket), false)
  const manual = await startGateway(t, { env: { WS_PORT: String(port), WS_STARTUP_MODE: 'manual' } })
  const answer = await manual.call('POST', '/start')
  assert.equal(answer.status, 409)
  assert.match(answer.body.detail, /EADDRINUSE/)
  const status = (await manual.call('GET', '/status')).body
  assert.equal(status.state, 'stopped')
  assert.equal((await manual.call('GET', '/health')).status, 503)
  holder.close()
  await once(holder, 'close')
  assert.equal((await manual.call('POST', '/start')).body.state, 'running')
  assert.equal((await manual.call('GET', '/health')).status, 200)
})

test('the socket file of a killed gateway is no obstacle', async t => {
  const folder = temporaryFolder(t)
  const first = await startGateway(t, { folder })
  await first.stop('SIGKILL')
  assert.equal(existsSync(first.socket), true)
  const second = await startGateway(t, { folder })
  assert.equal((await second.call('GET', '/status')).body.state, 'running')
  assert.deepEqual(readdirSync(join(folder, 'run')), ['websocket.sock'])
})

test("a living gateway's socket is never taken from it", async t => {
  const folder = temporaryFolder(t)
  const first = await startGateway(t, { folder })
  const second = spawnGateway(t, { folder, listener: {} })
  assert.equal((await second.exited).code, 1)
  assert.match(
    second.stderr,
    /^gateway: another gateway holds the control socket .*websocket\.sock; .*WS_GATEWAY_ID/,
  )
  assert.equal(second.stderr.trim().split('\n').length, 1)
  assert.equal((await first.call('GET', '/status')).body.state, 'running')
  const other = await startGateway(t, { folder, env: { WS_GATEWAY_ID: 'other' } })
  assert.equal((await callSocket(join(folder, 'run', 'other.sock'), 'GET', '/status')).body.id, 'other')
  await other.stop()
})

test('of several that start at once on a stale file exactly one gets the socket', async t => {
  const folder = temporaryFolder(t)
  const killed = await startGateway(t, { folder })
  await killed.stop('SIGKILL')
  const all = Array.from({ length: 4 }, () => spawnGateway(t, { folder, listener: {} }))
  const outcomes = await Promise.all(
    all.map(gateway =>
      Promise.race([
        gateway.exited.then(({ code }) => code),
        gateway.event('gateway.start').then(() => 'running'),
      ]),
    ),
  )
  assert.deepEqual(outcomes.sort(), [1, 1, 1, 'running'])
})

test('a control folder or path that will not do: one clear line, exit 1', async t => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { WS_CONTROL_DIR: '/proc/nowhere/deep' },
      /control folder \/proc\/nowhere\/deep \(WS_CONTROL_DIR\) cannot be made/,
    ],
    [
      { WS_CONTROL_DIR: `/tmp/${'x'.repeat(100)}` },
      /control socket's path has \d+ bytes and the system takes 107/,
    ],
    [{ WS_CONTROL_DIR: 'file' }, /control folder .*file .*cannot be made/],
    [{ WS_CONTROL_DIR: 'blocked' }, /websocket\.sock is there, and is no socket/],
  ]
  for (const [env, expected] of cases) {
    const gateway = spawnGateway(t, {
      listener: {},
      env,
      files: { file: '', 'blocked/websocket.sock': 'a plain file' },
    })
    assert.equal((await gateway.exited).code, 1)
    assert.match(gateway.stderr, expected)
    assert.equal(gateway.stderr.trim().split('\n').length, 1, gateway.stderr)
  }
})

test('the control socket gets its mode and group', async t => {
  const gateway = await startGateway(t)
  assert.equal(statSync(gateway.socket).mode & 0o777, 0o660)
  const open = await startGateway(t, { env: { WS_CONTROL_MODE: '666', WS_CONTROL_GID: '1234' } })
  assert.equal(statSync(open.socket).mode & 0o777, 0o666)
  if (process.getuid?.() === 0) assert.equal(statSync(open.socket).gid, 1234)
})

test('bad environment: all faults, one line each, exit 78, and nothing is left behind', async t => {
  const gateway = spawnGateway(t, { env: { WS_PORT: 'abc', WS_LOG_LEVEL: 'loud', WS_GATEWAY_ID: '../x' } })
  assert.equal((await gateway.exited).code, 78)
  assert.equal(gateway.stderr.trim().split('\n').length, 3)
  for (const name of ['WS_PORT', 'WS_LOG_LEVEL', 'WS_GATEWAY_ID'])
    assert.match(gateway.stderr, new RegExp(`gateway: ${name}: got `))
  assert.deepEqual(readdirSync(gateway.folder), [])
})

test('an unknown variable is warned of', async t => {
  const gateway = await startGateway(t, { env: { WS_PROT: '1' } })
  await gateway.line(line => line.level === 40 && /WS_PROT.*did you mean WS_PORT/.test(line.msg ?? ''))
})

test("the listener's stray faults are its own: the gateway goes on; other uncaught faults end it", async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `
        import { bad } from './helper.js'
        export const onMessage = data => {
          if (data.message === 'timer') setTimeout(bad, 1)
          if (data.message === 'promise') Promise.reject(new Error('forgotten'))
          if (data.message === 'text') Promise.reject('no error at all')
          if (data.message === 'foreign') setTimeout(Buffer.alloc, 1, -1)
        }`,
      'helper.js': `export function bad() {\n  throw new Error('from a timer')\n}`,
    },
  })
  const client = await connect(t, gateway.url)
  for (const [text, expected] of [
    ['timer', /from a timer/],
    ['promise', /forgotten/],
    ['text', /no error at all/],
  ] as const) {
    client.send(text)
    const line = await gateway.line(l => l.event === 'listener.error' && expected.test(JSON.stringify(l.err)))
    if (text === 'timer') assert.match(JSON.stringify(line.err), /helper\.js:2:/)
  }
  client.send('alive')
  await client.messages(4)
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 3)
  client.send('foreign')
  assert.equal((await gateway.exited).code, 1)
  assert.equal(gateway.logFile().at(-1)?.level, 60)
  assert.match(JSON.stringify(gateway.logFile().at(-1)?.err), /must be >= 0/)
})

test('a port below 1024 that this user may not have is said so', {
  skip: process.getuid?.() !== 0,
}, async t => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o777)
  mkdirSync(join(folder, 'listener'))
  writeFileSync(join(folder, 'who'), '')
  const gateway = spawnGateway(t, {
    folder,
    env: { WS_PORT: '81' },
    command: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'],
  })
  const { code } = await gateway.exited
  // A kernel with net.ipv4.ip_unprivileged_port_start=0 lets everybody.
  if (code === null) return
  assert.equal(code, 1)
  assert.match(gateway.stderr, /cannot listen on port 81: this user may not/)
})

test('while nobody may get in, upgrades get 503', async t => {
  const gateway = await startGateway(t, { env: { WS_LISTENER: 'missing' } })
  assert.equal(await refused(gateway.url), 503)
})
