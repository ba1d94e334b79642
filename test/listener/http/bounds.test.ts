/** What would take all memory or all turns: it is bounded, given up, or gone around. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { WebSocket } from 'ws'
import { Answer, startApplication } from '../../support/application.ts'
import { connect } from '../../support/client.ts'
import { residentBytes, startGateway } from '../../support/gateway.ts'
import { quickest } from '../../support/quickest.ts'

test('clients that come, send and go faster than the application answers: memory stays bounded, and it is logged', {
  timeout: 120_000,
}, async t => {
  const application = await startApplication(t, async () => {
    await wait(200)
    return undefined
  })
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message,close', WS_LISTENER_CONCURRENCY: '1' },
  })
  const text = 'x'.repeat(15_000)
  const before = residentBytes(gateway.child.pid)
  for (let round = 0; round < 60; round++) {
    const some = Array.from({ length: 10 }, () => new WebSocket(gateway.url))
    await Promise.all(
      some.map(async ws => {
        await once(ws, 'open')
        for (let i = 0; i < 40; i++) ws.send(text)
        ws.close()
        await once(ws, 'close')
      }),
    )
  }
  const line = await gateway.line(({ lost }) => lost !== undefined)
  assert.match(line.msg ?? '', /messages of a connection that has closed are lost: the listener is too slow/)
  // 360 MB were sent.
  const grown = (residentBytes(gateway.child.pid) - before) / 1e6
  assert.ok(grown < 260, `${grown} MB`)
})

test('clients that leave during a handshake that takes long are asked for no longer, and take no turn', async t => {
  const application = await startApplication(t, async ({ body }) => {
    if (body.conn?.path === '/slow') await wait(60_000, undefined, { ref: false })
    return undefined
  })
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_CONCURRENCY: '2' },
  })
  const slow = Array.from({ length: 50 }, () => new WebSocket(`${gateway.url}/slow`))
  for (const ws of slow) ws.on('error', () => undefined)
  await application.until('two of them', () => application.of('handshake').length === 2)
  for (const ws of slow) ws.terminate()
  await connect(t, gateway.url)
  const { requests } = (await gateway.call('GET', '/status')).body.listener
  assert.equal(requests.waiting, 0)
  assert.deepEqual(
    gateway.lines.filter(({ event }) => event === 'listener.error'),
    [],
  )
})

test('an application that pushes while it answers does not wait for itself', async t => {
  const application = await startApplication(t, async ({ event, body }) => {
    if (event === 'message') {
      const { status } = await gateway.push({ message: `pushed for ${body.message}` })
      assert.equal(status, 200)
    }
    return undefined
  })
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_CONCURRENCY: '2' },
  })
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(t, gateway.url)))
  clients.forEach((client, i) => {
    client.send(String(i))
  })
  for (const client of clients) await client.messages(16)
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 0)
})

test('a message that is answered with 502 each time holds up nobody, and is no absence of the application', async t => {
  // While the machine stands still nobody is answered either, which is an absence: the best of three tries.
  const absences = await quickest(1, async () => {
    const application = await startApplication(t, ({ body }) =>
      body.message === 'poison' ? new Answer(502) : undefined,
    )
    const gateway = await startGateway(t, {
      env: {
        WS_LISTENER: application.url,
        WS_LISTENER_EVENTS: 'message',
        WS_LISTENER_CONCURRENCY: '1',
        WS_LISTENER_TIMEOUT_MS: '5000',
      },
    })
    const poisoned = await Promise.all(Array.from({ length: 3 }, () => connect(t, gateway.url)))
    const well = await connect(t, gateway.url)
    let answered = 0
    well.ws.on('message', () => {
      answered++
      well.send('well')
    })
    well.send('well')
    for (const client of poisoned) client.send('poison')
    await application.until('each of them tried', () => {
      return application.asked.filter(({ body }) => body.message === 'poison').length >= 3
    })
    const { requests } = (await gateway.call('GET', '/status')).body.listener
    assert.ok(
      requests.underWay + requests.waiting >= 3,
      `all are seen in the status: ${JSON.stringify(requests)}`,
    )
    const faults = gateway.events('listener.error', 3)
    await faults
    assert.ok(answered > 20, `only ${answered} others were answered meanwhile`)
    for (const { msg } of await faults) assert.match(msg ?? '', /it answered 502$|no answer within 5000 ms/)
    return gateway.lines.filter(({ event }) => event === 'listener.away').length
  })
  assert.equal(absences, 0)
})

test('what waits when the gateway restarts is told to nobody afterwards', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, {
    env: {
      WS_LISTENER: application.url,
      WS_LISTENER_EVENTS: 'message,close',
      WS_SHUTDOWN_TIMEOUT_MS: '2500',
    },
  })
  const client = await connect(t, gateway.url)
  await application.stop()
  for (let i = 0; i < 40; i++) client.send(`old ${i}`)
  await client.settled()
  const restarted = await gateway.call('POST', '/restart')
  assert.equal(restarted.status, 200)
  const { lost } = await gateway.line(line => line.lost !== undefined)
  assert.equal(lost, 41)
  await application.start()
  const fresh = await connect(t, gateway.url)
  fresh.send('new')
  await fresh.messages(1)
  assert.deepEqual(
    application.asked.map(({ body }) => body.message),
    ['new'],
  )
})

test('who has left while the token was checked is not asked about', async t => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] })
  let answer: (() => void) | undefined
  const jwks = createServer((_request, response) => {
    answer = () => response.end(keys)
  }).listen(0, '127.0.0.1')
  t.after(() => jwks.close())
  await once(jwks, 'listening')
  const application = await startApplication(t)
  const gateway = await startGateway(t, {
    env: {
      WS_LISTENER: application.url,
      WS_JWT_JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/`,
    },
  })
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setExpirationTime('1h')
    .sign(privateKey)
  const headers = { authorization: `Bearer ${token}` }
  const gone = new WebSocket(`${gateway.url}/gone`, { headers })
  gone.on('error', () => undefined)
  await once(jwks, 'request')
  gone.terminate()
  const stays = connect(t, `${gateway.url}/stays`, [], { headers })
  // Both wait for the keys; the first one's end has been seen when the second one's request has been read.
  await wait(300)
  answer?.()
  await stays
  assert.deepEqual(
    application.of('handshake').map(({ body }) => body.conn.path),
    ['/stays'],
  )
  assert.equal((await gateway.call('GET', '/status')).body.counters.refused, 0)
})
