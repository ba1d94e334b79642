/** The listener, from outside: a real process, real clients, files that are really saved. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { quickest } from '../support/quickest.ts'

/** Saves the listener, and waits for the line that says it is in use. */
async function save(gateway: GatewayProcess, text: string, name = 'listener.js'): Promise<number> {
  const from = gateway.lines.length
  const begun = performance.now()
  writeFileSync(join(gateway.folder, 'listener', name), text)
  await gateway.line(line => line.event === 'listener.load', from)
  return performance.now() - begun
}

test("the contract's own example: changes what is sent, restricts who gets it, leaves the sender out", async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.ts': `
        import type { Listener } from 'websocket-gateway'
        export const onClientOpen: Listener['onClientOpen'] = (data, gateway) => {
          data.conn.state.room = new URLSearchParams(data.conn.request.query).get('room')
        }
        export const onClientClose: Listener['onClientClose'] = (data, gateway) => {}
        export const onMessage: Listener['onMessage'] = (data, gateway) => {
          data.message = \`\${data.message} (seen by the gateway)\`
          data.connections = [...gateway.connections].filter(c => c.state.room === 'a')
          data.except = [data.conn]
        }`,
    },
  })
  const a1 = await connect(t, `${gateway.url}/?room=a`)
  const a2 = await connect(t, `${gateway.url}/?room=a`)
  const b = await connect(t, `${gateway.url}/?room=b`)
  a1.send('one')
  b.send('two')
  assert.deepEqual(
    new Set(await a2.messages(2)),
    new Set(['one (seen by the gateway)', 'two (seen by the gateway)']),
  )
  assert.deepEqual(await a1.messages(1), ['two (seen by the gateway)'])
  assert.deepEqual((await gateway.push({ message: 'three' })).body, { recipients: 2 })
  await b.settled()
  assert.deepEqual(b.got, [])
})

test('async hooks: one connection in order, another one not held up, close exactly once and last', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_TIMEOUT_MS: '600000' },
    listener: {
      'listener.js': `
        const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
        const log = []
        let quick
        const isQuick = new Promise(resolve => { quick = resolve })
        export const onClientOpen = async ({ conn }) => { await wait(100); if (conn.request.path === '/slow') log.push('open') }
        export const onMessage = async data => {
          if (data.message === 'log') { data.message = log; return }
          if (data.message === 'quick') quick()
          if (data.message === '50') await isQuick
          if (data.conn?.request.path === '/slow') { await wait(Math.random() * 20); log.push(data.message) }
        }
        export const onClientClose = async ({ conn }) => { await wait(1); if (conn.request.path === '/slow') log.push('close') }`,
    },
  })
  const slow = await connect(t, `${gateway.url}/slow`)
  const watcher = await connect(t, `${gateway.url}/watcher`)
  for (let n = 0; n < 100; n++) slow.send(String(n))
  watcher.send('quick')
  const numbers = Array.from({ length: 100 }, (_, n) => String(n))
  const got = await watcher.messages(101)
  // If the slow one held it up, the 51st of those would have waited for ever.
  assert.ok(got.indexOf('quick') <= 50, 'one slow connection holds up no other')
  assert.deepEqual(
    got.filter(m => m !== 'quick'),
    numbers,
  )
  slow.send('last')
  await slow.close()
  await watcher.messages(102)
  await gateway.until('the close hook', () => gateway.lines.some(l => l.event === 'client.close'))
  const { body } = await gateway.call('GET', '/status')
  assert.equal(body.connections, 1)
  let log: string[] = []
  for (let tries = 0; tries < 50 && log.at(-1) !== 'close'; tries++) {
    const count = watcher.got.length
    watcher.send('log')
    log = JSON.parse(String((await watcher.messages(count + 1))[count]))
  }
  assert.deepEqual(log, ['open', ...numbers, 'last', 'close'])
})

test('what may be sent: text, binary, JSON, nothing; send and broadcast keep their order; ids and objects', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `
        export const onMessage = (data, gateway) => {
          const { conn } = data
          const what = String(data.message)
          if (what === 'order') { conn.send('1'); data.message = '2'; queueMicrotask(() => conn.send('3')) }
          if (what === 'json') data.message = { a: 1 }
          if (what === 'bytes') data.message = new Uint8Array([9])
          if (what === 'none') data.message = undefined
          if (what === 'nobody') data.connections = []
          if (what === 'twice') data.connections = [conn, conn.id, conn, 'unknown']
          if (what === 'send') { conn.send({ b: 2 }); conn.send(Buffer.from([1])); conn.send(null); data.message = null }
          if (what === 'gone') { conn.close(4000); conn.send('late'); conn.close(); conn.close(4001, 'again'); data.message = String(conn.isOpen) }
          if (what === 'bad code') conn.close(1005)
          if (what === 'api') data.message = [gateway.id, gateway.connections.size, gateway.connections.get(conn.id) === conn, conn.openedAt instanceof Date, conn.isOpen]
        }`,
    },
  })
  const client = await connect(t, gateway.url)
  const other = await connect(t, gateway.url)
  client.send('order')
  await client.messages(3)
  for (const text of ['json', 'bytes', 'none', 'nobody', 'twice', 'send', 'bad code', 'api'])
    client.send(text)
  const expected = [
    '1',
    '2',
    '3',
    '{"a":1}',
    Buffer.from([9]),
    'twice',
    '{"b":2}',
    Buffer.from([1]),
    '["websocket",2,true,true,true]',
  ]
  assert.deepEqual(await client.messages(9), expected)
  await gateway.line(
    line => line.event === 'listener.error' && /1005 cannot be sent/.test(JSON.stringify(line.err)),
  )
  client.send('gone')
  assert.equal((await client.closed).code, 4000)
  assert.equal((await other.messages(5))[4], 'false')
  assert.equal((await gateway.call('GET', '/status')).body.counters.unknownRecipients, 1)
})

test('a hook that throws, rejects or hangs: logged, told to onError, not sent; the connection goes on', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_TIMEOUT_MS: '150' },
    listener: {
      'listener.js': `
        export const onError = (error, data, gateway) => { for (const c of gateway.connections) c.send('onError: ' + error.message) }
        export const onMessage = data => {
          if (data.message === 'throw') throw new Error('thrown')
          if (data.message === 'reject') return Promise.reject(new Error('rejected'))
          if (data.message === 'hang') return new Promise(() => {})
          if (data.message === 'list') data.except = new Set()
        }
        export const onClientOpen = ({ conn }) => { if (conn.request.path === '/bad') throw new Error('open') }
        export const onClientClose = ({ conn }) => { if (conn.request.path === '/bad') throw new Error('close') }`,
    },
  })
  const client = await connect(t, gateway.url)
  for (const text of ['throw', 'reject', 'hang', 'list', 'fine']) client.send(text)
  const got = (await client.messages(5)).map(String)
  assert.deepEqual([got[0], got[1], got[4]], ['onError: thrown', 'onError: rejected', 'fine'])
  assert.match(got[2] ?? '', /onMessage.*150 ms/)
  assert.match(got[3] ?? '', /data\.except takes an array/)
  const bad = await connect(t, `${gateway.url}/bad`)
  await bad.messages(1)
  await bad.close()
  assert.deepEqual((await client.messages(7)).slice(5), ['onError: open', 'onError: close'])
  const errors = await gateway.events('listener.error', 6)
  assert.match(JSON.stringify(errors[0]?.err), /listener\.js:4:/)
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 6)
})

test('hot reload under traffic: no message lost, none twice, order kept, state kept, nobody dropped', async t => {
  const version = (n: number): string => `
    let mine = ${n}
    export const onClientOpen = ({ conn }) => { conn.state.since = mine }
    export const onMessage = async (data, gateway) => {
      gateway.state.count = (gateway.state.count ?? 0) + 1
      await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
      data.message = JSON.stringify([data.message, mine, data.conn.state.since])
      data.connections = [data.conn]
    }`
  const gateway = await startGateway(t, { listener: { 'listener.js': version(0) } })
  const clients = await Promise.all([1, 2, 3].map(() => connect(t, gateway.url)))
  let sent = 0
  const timer = setInterval(() => {
    for (const client of clients) client.send(String(sent))
    sent++
  }, 2)
  t.after(() => clearInterval(timer))
  // The first version has served everyone.
  for (const client of clients) await client.messages(1)
  const took: number[] = []
  for (let n = 1; n <= 5; n++) took.push(await save(gateway, version(n)))
  clearInterval(timer)
  for (const client of clients) {
    const got = (await client.messages(sent)).map(m => JSON.parse(String(m)))
    assert.deepEqual(
      got.map(([text]) => Number(text)),
      Array.from({ length: sent }, (_, n) => n),
    )
    const versions = got.map(([, v]) => v)
    assert.deepEqual(
      versions,
      [...versions].sort((x, y) => x - y),
    )
    assert.equal(versions[0], 0)
    assert.ok(got.every(([, , since]) => since === 0))
  }
  // Not each of them: the machine may do something else meanwhile.
  assert.ok(Math.min(...took) < 1000, `in use after ${took.map(Math.round)} ms`)
  const last = clients[0]
  last?.send('after')
  assert.match(String((await last?.messages(sent + 1))?.at(-1)), /"after",5/)
  assert.equal((await gateway.call('GET', '/status')).body.listener.generation, 6)
})

test('a broken save: the last good version stays, status and health say so, and the next good one heals', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': 'export const onMessage = d => { d.message = 1 }' },
  })
  const client = await connect(t, gateway.url)
  writeFileSync(join(gateway.folder, 'listener/listener.js'), 'export const onMessage = d => { d.message = ')
  await gateway.event('listener.error')
  client.send('x')
  assert.deepEqual(await client.messages(1), ['1'])
  const { listener } = (await gateway.call('GET', '/status')).body
  assert.equal(listener.generation, 1)
  assert.match(listener.error, /listener\.js:1:/)
  const health = await gateway.call('GET', '/health')
  assert.deepEqual([health.status, health.body.status], [200, 'warn'])
  const reload = await gateway.call('POST', '/reload')
  assert.equal(reload.status, 409)
  assert.match(reload.body.detail, /listener\.js:1:/)
  await save(gateway, 'export const onMessage = d => { d.message = 2 }')
  client.send('x')
  assert.deepEqual(await client.messages(2), ['1', '2'])
  const healed = await gateway.call('GET', '/health')
  assert.deepEqual([healed.status, healed.body.status], [200, 'pass'])
  const from = gateway.lines.length
  rmSync(join(gateway.folder, 'listener/listener.js'))
  await gateway.event('listener.error', from)
  client.send('x')
  assert.deepEqual(await client.messages(3), ['1', '2', '2'])
  assert.equal((await gateway.call('GET', '/health')).body.status, 'warn')
})

test('an empty folder is the default behaviour with a warning, until a listener appears', async t => {
  const took = await quickest(1000, async () => {
    const gateway = await startGateway(t, { listener: {} })
    await gateway.line(line => line.level === 40)
    const client = await connect(t, gateway.url)
    client.send('as it is')
    assert.deepEqual(await client.messages(1), ['as it is'])
    const text = 'export const onMessage = (d: any) => { d.message = "changed" }'
    const ms = await save(gateway, text, 'index.ts')
    client.send('x')
    assert.deepEqual(await client.messages(2), ['as it is', 'changed'])
    return ms
  })
  assert.ok(took < 1000, `in use after ${took} ms`)
})

test('no listener where one should be: 503 for upgrades, pushes and health, until it loads', async t => {
  for (const [env, files] of [
    [{ WS_LISTENER: 'missing' }, undefined],
    [{ WS_LISTENER: 'missing/file.js' }, undefined],
    [{}, { 'listener.js': 'syntax error(' }],
    [{}, { 'listener.js': 'throw new Error("no database")' }],
    [{}, { 'listener.js': 'export const onLoad = () => { throw new Error("no database") }' }],
    [{ WS_LISTENER_ON_MESSAGE: 'receive' }, { 'listener.js': 'export const onMessage = () => {}' }],
  ] as [Record<string, string>, Record<string, string> | undefined][]) {
    const gateway = await startGateway(t, { env, listener: files ?? {} })
    const what = JSON.stringify([env, files])
    assert.equal(await refused(gateway.url), 503, what)
    assert.equal((await gateway.push({ message: 'x' })).status, 503, what)
    const health = await gateway.call('GET', '/health')
    assert.deepEqual([health.status, health.body.status, health.body.state], [503, 'fail', 'running'], what)
    assert.equal(await fetch(`http://127.0.0.1:${gateway.port}/healthz`).then(r => r.status), 503, what)
    assert.ok((await gateway.call('GET', '/status')).body.listener.error, what)
    const from = gateway.lines.length
    if (env.WS_LISTENER === 'missing/file.js') {
      mkdirSync(join(gateway.folder, 'missing'))
      writeFileSync(join(gateway.folder, 'missing/file.js'), 'export const onMessage = () => {}')
    } else if (env.WS_LISTENER === 'missing') {
      mkdirSync(join(gateway.folder, 'new'))
      writeFileSync(join(gateway.folder, 'new/listener.js'), 'export const onMessage = () => {}')
      renameSync(join(gateway.folder, 'new'), join(gateway.folder, 'missing'))
    } else {
      writeFileSync(join(gateway.folder, 'listener/listener.js'), 'export const receive = () => {}')
    }
    await gateway.line(line => line.event === 'listener.load', from)
    await connect(t, gateway.url)
    assert.equal((await gateway.call('GET', '/health')).body.status, 'pass', what)
    await gateway.stop()
  }
})

test('hooks by other names, and a class instance as the default export', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_ON_OPEN: 'opened', WS_LISTENER_ON_CLOSE: 'closed', WS_LISTENER_ON_MESSAGE: 'receive' },
    listener: {
      'listener.mjs': `
        class Base { count = 0; opened() { this.count++ } closed() {} }
        class Chat extends Base { async receive(data) { data.message = this.count } }
        export default new Chat()`,
    },
  })
  const client = await connect(t, gateway.url)
  await connect(t, gateway.url)
  client.send('x')
  assert.deepEqual(await client.messages(1), ['2'])
})

test('gateway.push from the listener goes through onMessage, and is refused like any push', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `
        export const onMessage = async (data, gateway) => {
          if (!data.conn) { data.message = 'pushed: ' + data.message; return }
          if (data.message === 'bad') {
            try { await gateway.push({}) } catch (error) { data.message = [error.status, error.detail] }
            return
          }
          const { recipients } = await gateway.push({ message: data.message, except: [data.conn] })
          data.message = recipients
          data.connections = [data.conn]
        }`,
    },
  })
  const [a, b] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  a.send('hi')
  assert.deepEqual(await b.messages(1), ['pushed: hi'])
  assert.deepEqual(await a.messages(1), ['1'])
  a.send('bad')
  assert.match(String((await a.messages(2))[1]), /^\[400,"a push takes a/)
})
