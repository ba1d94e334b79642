import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { connect, refusal, refused } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

test('WS_MAX_CONNECTIONS: one more gets 503 with Retry-After, and gets in when another has gone', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_CONNECTIONS: '2' } })
  const first = await connect(t, gateway.url)
  await connect(t, gateway.url)
  const told = await refusal(gateway.url)
  assert.equal(told.status, 503)
  assert.equal(told.headers['retry-after'], '1')
  await refused(gateway.url)
  await first.close()
  await gateway.event('client.close')
  await connect(t, gateway.url)
  const lines = gateway.lines.filter(line => line.event === 'client.refused')
  assert.equal(lines.length, 1, 'said once, not for each')
  assert.equal((await gateway.call('GET', '/status')).body.counters.refused, 2)
})

test('a place is given back however a client goes, also before it is in', async t => {
  const gateway = await startGateway(t, {
    env: { WS_MAX_CONNECTIONS: '3', WS_MAX_CONNECTIONS_PER_IP: '3' },
    listener: {
      'listener.mjs': `export const onClientHandshake = async data => {
        if (data.request.path === '/held') await new Promise(() => undefined)
        return data.request.path !== '/no'
      }`,
    },
  })
  for (let i = 0; i < 10; i++) assert.equal(await refused(`${gateway.url}/no`), 401)
  for (let i = 0; i < 10; i++) {
    const client = await connect(t, gateway.url)
    client.ws.terminate()
    await gateway.events('client.close', i + 1)
  }
  for (let i = 0; i < 3; i++) {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'GET /held HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    socket.resetAndDestroy()
  }
  // Their resets are noticed, although their handshakes are never decided.
  const end = Date.now() + 30_000
  for (let i = 0; i < 3 && Date.now() < end; ) {
    const isIn = await connect(t, gateway.url).then(
      () => true,
      () => false,
    )
    if (isIn) i++
  }
  assert.equal(await refused(gateway.url), 503)
  assert.equal((await gateway.call('GET', '/status')).body.connections, 3)
})

test('WS_MAX_CONNECTIONS_PER_IP: one more of that address gets 429', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_CONNECTIONS_PER_IP: '1' } })
  await connect(t, gateway.url)
  assert.equal(await refused(gateway.url), 429)
  await connect(t, gateway.url, [], { localAddress: '127.0.0.2' })
})

test('WS_HANDSHAKE_TIMEOUT_MS is exact to a second, for silence and for a slow request', async t => {
  const gateway = await startGateway(t, { env: { WS_HANDSHAKE_TIMEOUT_MS: '1500' } })
  const ended = async (first: string, drip: string): Promise<number> => {
    const began = performance.now()
    const socket = connectTcp(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => socket.destroy())
    socket.resume()
    socket.write(first)
    const dripping = setInterval(() => socket.write(drip), 100)
    await once(socket, 'close')
    clearInterval(dripping)
    return performance.now() - began
  }
  const requests = [
    ['', ''],
    ['GET / HTTP/1.1\r\n', ''],
    ['GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'a'],
    ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', 'a'],
  ] as const
  // None ends too early. Too late may be a busy machine's doing, but not time after time.
  for (let round = 1; ; round++) {
    const times = await Promise.all(requests.map(([first, drip]) => ended(first, drip)))
    assert.ok(Math.min(...times) > 1400, `${times}`)
    if (Math.max(...times) < 2700) break
    assert.ok(round < 5, `${times}`)
  }
  await connect(t, gateway.url)
})

test('WS_MAX_HEADER_BYTES: more gets 431', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_HEADER_BYTES: '2000' } })
  assert.equal(await refused(gateway.url, [], { headers: { 'x-long': 'x'.repeat(3000) } }), 431)
  await connect(t, gateway.url, [], { headers: { 'x-long': 'x'.repeat(1000) } })
})

test('an address that opens many TCP connections and says nothing is cut off, and no other', async t => {
  // Nobody is cut off for saying nothing, but for being too many.
  const gateway = await startGateway(t, {
    env: { WS_MAX_CONNECTIONS_PER_IP: '2', WS_HANDSHAKE_TIMEOUT_MS: '0' },
  })
  const silent = Array.from({ length: 60 }, () =>
    connectTcp({ port: gateway.port, host: '127.0.0.1', localAddress: '127.0.0.2' }),
  )
  t.after(() => silent.map(socket => socket.destroy()))
  let cut = 0
  await new Promise<void>(done => {
    for (const socket of silent) {
      socket.resume()
      socket.on('error', () => socket.destroy())
      socket.on('close', () => ++cut === 40 && done())
    }
  })
  await connect(t, gateway.url, [], { localAddress: '127.0.0.3' })
  assert.equal(cut, 40)
})
