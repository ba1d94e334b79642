/** Applications and clients that do what they should not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { Answer, startApplication } from '../../support/application.ts'
import { connect, refused } from '../../support/client.ts'
import { residentBytes, startGateway } from '../../support/gateway.ts'

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
    env: { WS_LISTENER: application.url, WS_LISTENER_CONCURRENCY: '2', WS_LISTENER_TIMEOUT_MS: '5000' },
  })
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(t, gateway.url)))
  clients.forEach((client, i) => {
    client.send(String(i))
  })
  for (const client of clients) await client.messages(16)
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 0)
})

test('a message that is answered with 502 each time holds up nobody, and is no absence of the application', async t => {
  const application = await startApplication(t, ({ body }) =>
    body.message === 'poison' ? new Answer(502) : undefined,
  )
  const gateway = await startGateway(t, {
    env: {
      WS_LISTENER: application.url,
      WS_LISTENER_EVENTS: 'message',
      WS_LISTENER_CONCURRENCY: '1',
      WS_LISTENER_TIMEOUT_MS: '1500',
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
  const faults = gateway.events('listener.error', 3)
  await faults
  assert.ok(answered > 100, `only ${answered} others were answered meanwhile`)
  for (const { msg } of await faults) assert.match(msg ?? '', /it answered 502$/)
  assert.deepEqual(
    gateway.lines.filter(({ event }) => event === 'listener.away'),
    [],
  )
})

test('what waits when the gateway restarts is told to nobody afterwards', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message,close', WS_SHUTDOWN_TIMEOUT_MS: '600' },
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

test('answers with a million faults, or nested without end, are told in a line', async t => {
  const many = 200_000
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const answers = [
    `{"connections": [${'1,'.repeat(many)}1]}`,
    `{"send": [${'1,'.repeat(many)}1]}`,
    `{"close": [${'1,'.repeat(many)}1]}`,
    `{${Array.from({ length: many }, (_, i) => `"k${i}":1`).join()}}`,
    `{"send": [${Array.from({ length: 20_000 }, () => '{"to": 1}').join()}]}`,
    `{"state": ${deep(9000)}}`,
    `{"send": [{"to": "x", "message": "first"}, {"to": "x", "message": ${deep(9000)}}]}`,
    '{"message": "\\ud800"}',
  ]
  const application = await startApplication(t, () => new Answer(200, answers.shift()))
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message' },
  })
  const client = await connect(t, gateway.url)
  const texts: string[] = []
  while (answers.length > 1) {
    const from = gateway.lines.length
    client.send('x')
    const line = await gateway.event('listener.error', from)
    assert.ok(JSON.stringify(line).length < 2000)
    texts.push(line.msg ?? '')
  }
  assert.match(texts[0] ?? '', /"connections\[0\]" takes the id of a connection, got a number$/)
  assert.match(texts[1] ?? '', /"send\[0\]" takes an object/)
  assert.match(texts[2] ?? '', /"close\[0\]" takes the id of a connection/)
  assert.match(texts[3] ?? '', /"k0" is no key of .*; and 199997 more$/)
  assert.match(texts[4] ?? '', /"send\[0\]\.to" takes .*; and \d+ more$/)
  assert.match(texts[5] ?? '', /nested more than 512 deep/)
  assert.match(texts[6] ?? '', /nested more than 512 deep/)
  client.send('x')
  assert.deepEqual(await client.messages(1), ['\uFFFD'])
})

test('a push that is nested without end is refused', async t => {
  const gateway = await startGateway(t)
  const message = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`)
  const { status, body } = await gateway.push({ message })
  assert.equal(status, 400)
  assert.match(body.detail, /nested more than 512 deep/)
})

test('what speaks no HTTP is a fault at once', async t => {
  const server = createServer(socket => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const gateway = await startGateway(t, { env: { WS_LISTENER: `http://127.0.0.1:${port}/` } })
  assert.equal(await refused(gateway.url), 503)
  const { msg } = await gateway.event('listener.error')
  assert.match(msg ?? '', /the answer is no HTTP\/1\.1/)
})

test('a text that is no UTF-8 is not sent', async t => {
  const server = createServer(socket =>
    socket.once('data', () => {
      const body = Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xe9]), Buffer.from('"}')])
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
      socket.end(body)
    }),
  )
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: `http://127.0.0.1:${port}/`, WS_LISTENER_EVENTS: 'push' },
  })
  const { status, body } = await gateway.push({ message: 'x' })
  assert.equal(status, 500)
  assert.match(body.detail, /the answer is no UTF-8 text/)
})

test('a first handshake that is answered with 401 or 404 raises the question whether all is set right', async t => {
  const application = await startApplication(t, () => new Answer(404, '<h1>Not Found</h1>'))
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  assert.equal(await refused(gateway.url), 404)
  assert.equal(await refused(gateway.url), 404)
  const isQuestion = ({ msg }: { msg?: string }) => /is the path in WS_LISTENER right\?/.test(msg ?? '')
  await gateway.line(isQuestion)
  await gateway.event('client.refused')
  assert.equal(gateway.lines.filter(isQuestion).length, 1)
})
