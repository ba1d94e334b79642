import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, refusal, refused } from '../support/client.ts'
import { startGateway, writeFiles } from '../support/gateway.ts'

const listener = (hook: string, more = '') => ({
  'listener.mjs': `export const onClientHandshake = ${hook}\n${more}`,
})

test('onClientHandshake sees what the client asks for, and gives the connection its state and subprotocol', async t => {
  const gateway = await startGateway(t, {
    listener: listener(
      `data => {
        const { path, query, headers, cookies, ip, protocols } = data.request
        data.state = { saw: { path, query, agent: headers['x-agent'], cookies: { ...cookies }, ip, protocols } }
        data.protocol = 'v2'
      }`,
      `export const onClientOpen = data => data.conn.send({ ...data.conn.state.saw, protocol: data.conn.request.protocol })`,
    ),
  })
  const headers = { 'x-agent': 'test', cookie: 'session=a%20b; other=c' }
  const client = await connect(t, `${gateway.url}/chat?room=1`, ['v1', 'v2'], { headers })
  const [saw] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(saw)), {
    path: '/chat',
    query: 'room=1',
    agent: 'test',
    cookies: { session: 'a b', other: 'c' },
    ip: '127.0.0.1',
    protocols: ['v1', 'v2'],
    protocol: 'v2',
  })
  assert.equal(client.ws.protocol, 'v2')
})

test('it may say who it is and what others may see; an info that is too large lets nobody in', async t => {
  const gateway = await startGateway(t, {
    listener: listener(
      `data => {
        data.user = 'anna'
        data.groups.push('cats')
        data.info = data.request.path === '/large' ? 'x'.repeat(4095) : { name: 'Anna' }
      }`,
      `export const onGroupJoin = (data, gateway) => gateway.log.info({ told: data.info }, 'joined')`,
    ),
  })
  assert.equal(await refused(`${gateway.url}/large`), 401)
  assert.match(
    (await gateway.event('listener.error')).msg ?? '',
    /data\.info takes a JSON value of at most 4096 bytes, got 4097/,
  )
  await connect(t, gateway.url)
  const [{ user, info, groups }] = (await gateway.call('GET', '/connections')).body.connections
  assert.deepEqual([user, info, groups], ['anna', { name: 'Anna' }, ['cats']])
  const { told } = await gateway.line(({ msg }) => msg === 'joined')
  assert.deepEqual(told, { name: 'Anna' })
})

test('false, a throw and reject refuse; nobody opens, and nobody closes', async t => {
  const gateway = await startGateway(t, {
    listener: listener(
      `async data => {
        switch (data.request.path) {
          case '/false': return false
          case '/later': await new Promise(done => setTimeout(done, 20)); return false
          case '/throw': throw new Error('not you')
          case '/reject': data.reject(403, 'members only'); return
          case '/returned': return data.reject(418)
          case '/bad-status': return data.reject(200)
          case '/bad-state': data.state = 'text'; return
          case '/bad-protocol': data.protocol = 'never offered'; return
        }
      }`,
      `export const onClientClose = (data, gateway) => gateway.log.info('closed')`,
    ),
  })
  const status = (path: string) => refused(gateway.url + path)
  assert.equal(await status('/false'), 401)
  assert.equal(await status('/later'), 401)
  assert.equal(await status('/throw'), 401)
  assert.equal(await status('/returned'), 418)
  assert.equal(await status('/bad-status'), 401)
  assert.equal(await status('/bad-state'), 401)
  assert.equal(await status('/bad-protocol'), 401)
  const told = await refusal(`${gateway.url}/reject`)
  assert.equal(told.status, 403)
  assert.equal(told.headers['content-type'], 'application/problem+json')
  assert.equal(JSON.parse(told.text).detail, 'members only')
  const client = await connect(t, `${gateway.url}/fine`)
  await client.settled()
  await gateway.events('client.open', 1)
  assert.equal(gateway.lines.filter(line => line.event === 'client.open').length, 1)
  assert.equal(gateway.lines.filter(line => line.event === 'client.close').length, 0)
  const faults = await gateway.events('listener.error', 4)
  assert.match(String(faults[0]?.msg), /onClientHandshake failed: not you/)
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.equal(counters.refused, 8)
})

test('a hook that takes too long is 503, and the client may come again', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_TIMEOUT_MS: '100' },
    listener: listener('() => new Promise(() => undefined)'),
  })
  const told = await refusal(gateway.url)
  assert.equal(told.status, 503)
  assert.ok(told.headers['retry-after'])
})

test('a client that resets while its handshake is decided harms nothing', async t => {
  const gateway = await startGateway(t, {
    listener: listener(`async (data, gateway) => {
      gateway.log.info('asked')
      await new Promise(done => setTimeout(done, 100))
    }`),
  })
  const sockets = Array.from({ length: 20 }, () => connectTcp(gateway.port, '127.0.0.1'))
  for (const socket of sockets) {
    socket.on('error', () => socket.destroy())
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
  }
  await gateway.until('all asked', () => gateway.lines.filter(line => line.msg === 'asked').length === 20)
  for (const socket of sockets) socket.resetAndDestroy()
  const client = await connect(t, gateway.url)
  client.send('still here')
  await client.messages(1)
  const { connections } = (await gateway.call('GET', '/status')).body
  assert.equal(connections, 1)
  assert.equal(gateway.child.exitCode, null)
})

test('a stop answers those who wait for a decision with 503', async t => {
  const gateway = await startGateway(t, {
    listener: listener(`async (data, gateway) => {
      gateway.log.info('asked')
      await new Promise(() => undefined)
    }`),
  })
  const told = refused(gateway.url)
  await gateway.line(line => line.msg === 'asked')
  await gateway.call('POST', '/stop')
  assert.equal(await told, 503)
})

test('who came in by the default behaviour goes with 1012 when a listener with this hook comes into use', async t => {
  const gateway = await startGateway(t, { listener: {} })
  const early = await connect(t, gateway.url)
  const folder = join(gateway.folder, 'listener')
  writeFiles(folder, { 'listener.mjs': 'export const onMessage = () => undefined\n' })
  await gateway.line(line => line.event === 'listener.load' && line.generation === 1)
  early.send('a listener without the hook closes nobody')
  await early.messages(1)
  const later = await connect(t, gateway.url)
  writeFileSync(join(folder, 'listener.mjs'), 'export const onClientHandshake = () => undefined\n')
  assert.equal((await early.closed).code, 1012)
  await later.settled()
  assert.equal(later.ws.readyState, 1, 'who came in past a listener stays')
  const asked = await connect(t, gateway.url)
  rmSync(join(folder, 'listener.mjs'))
  await gateway.event('listener.error')
  await asked.settled()
  assert.equal(asked.ws.readyState, 1)
})

test('the name of the hook is configurable, and one that is asked for must be there', async t => {
  const env = { WS_LISTENER_ON_HANDSHAKE: 'mayEnter' }
  const gateway = await startGateway(t, {
    env,
    listener: { 'listener.mjs': 'export const mayEnter = () => false\n' },
  })
  assert.equal(await refused(gateway.url), 401)
  const without = await startGateway(t, {
    env,
    listener: { 'listener.mjs': 'export const onMessage = () => undefined\n' },
  })
  assert.equal(await refused(without.url), 503)
  assert.match(
    String((await without.event('listener.error')).msg),
    /no function mayEnter.*WS_LISTENER_ON_HANDSHAKE/,
  )
})

test('a malformed handshake never reaches the hook', async t => {
  const gateway = await startGateway(t, {
    listener: listener(`(data, gateway) => { gateway.log.info('asked') }`),
  })
  for (const protocols of ['a b', 'chat, chat', 'a,,b', '@']) {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocols}\r\n\r\n`,
    )
    const [bytes] = await once(socket, 'data')
    assert.match(String(bytes), /^HTTP\/1.1 400 /)
    socket.destroy()
  }
  for (const [head, status] of [
    [
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13',
      400,
    ],
    [
      'POST / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13',
      405,
    ],
    [
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 99',
      400,
    ],
  ] as const) {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    socket.write(`${head}\r\n\r\n`)
    const [bytes] = await once(socket, 'data')
    assert.match(String(bytes), new RegExp(`^HTTP/1.1 ${status} `))
    socket.destroy()
  }
  await connect(t, gateway.url)
  await gateway.line(line => line.msg === 'asked')
  assert.equal(gateway.lines.filter(line => line.msg === 'asked').length, 1)
})
