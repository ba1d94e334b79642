/** An application that is away for a while, or for too long. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Answer, startApplication } from '../../support/application.ts'
import { certificate } from '../../support/certificate.ts'
import { connect, refusal } from '../../support/client.ts'
import { type GatewayProcess, startGateway, temporaryFolder } from '../../support/gateway.ts'
import { freePort } from '../../support/ports.ts'
import { rawServer } from '../../support/raw-server.ts'

const events = (gateway: GatewayProcess, name: string) => gateway.lines.filter(({ event }) => event === name)

/** Waits until the gateway has tried again. */
async function triedInVain(gateway: GatewayProcess): Promise<void> {
  const retried = async () => (await gateway.call('GET', '/status')).body.listener.requests.retried
  const before = await retried()
  while ((await retried()) === before) await wait(10)
}

test('refused, reset, 502, 503, 504: the same request again, under the same webhook-id, until it is answered', async t => {
  // The waits between them are more than a second in all, whatever chance makes of them.
  const failures = [
    'hang up',
    new Answer(502),
    new Answer(503, 'busy'),
    new Answer(504),
    'hang up',
    new Answer(502),
  ] as const
  let tries = 0
  const application = await startApplication(t, ({ event }) =>
    event === 'message' ? (failures[tries++] ?? { message: 'at last' }) : undefined,
  )
  const secret = 'a secret that is long enough for all'
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_SECRET: secret },
  })
  const client = await connect(t, gateway.url)
  client.send('x')
  assert.deepEqual(await client.messages(1), ['at last'])
  const messages = application.of('message')
  assert.equal(messages.length, failures.length + 1)
  assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 1)
  assert.equal(new Set(messages.map(({ text }) => text)).size, 1)
  const times = messages.map(({ headers }) => Number(headers['webhook-timestamp']))
  assert.ok(Number(times.at(-1)) > Number(times[0]), `each try has its own time: ${times}`)
  const status = (await gateway.call('GET', '/status')).body
  assert.equal(status.listener.requests.retried, failures.length)
  assert.equal(status.counters.listenerErrors, 0)
})

const CLOSE = 'Connection: close\r\n'

test('an answer that breaks off is asked again: any framing, by FIN or by RST', async t => {
  const heads = {
    'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
    'a length, closing': `HTTP/1.1 200 OK\r\n${CLOSE}Content-Length: 100\r\n\r\n`,
    'a length, HTTP/1.0': 'HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n',
    chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'chunks, closing': `HTTP/1.1 200 OK\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n`,
  }
  const cuts = Object.entries(heads).flatMap(([name, head]) => {
    const half = name.startsWith('chunks') ? '8\r\n{"connec\r\n' : '{"connec'
    return [head, `${head}${half}`].flatMap(text => [
      { text, isReset: false },
      { text, isReset: true },
    ])
  })
  for (const text of ['', 'HTTP/1.1 200 OK\r\nContent-Le']) cuts.push({ text, isReset: false })
  const tries = new Map<number, number>()
  const { url } = await rawServer(t, socket => {
    socket.on('data', data => {
      const number = Number(/"message":"(\d+)"/.exec(data.toString())?.[1])
      const count = (tries.get(number) ?? 0) + 1
      tries.set(number, count)
      const cut = cuts[number]
      if (cut === undefined || count > 1) {
        socket.end(`HTTP/1.1 200 OK\r\n${CLOSE}Content-Length: 19\r\n\r\n{"message":"whole"}`)
      } else if (cut.isReset) socket.write(cut.text || '\r\n', () => socket.resetAndDestroy())
      else socket.end(cut.text)
    })
  })
  const gateway = await startGateway(t, { env: { WS_LISTENER: url, WS_LISTENER_EVENTS: 'message' } })
  const clients = await Promise.all(cuts.map(() => connect(t, gateway.url)))
  clients.forEach((client, i) => {
    client.send(String(i))
  })
  const all = cuts.map(() => 'whole')
  for (const client of clients) assert.deepEqual(await client.messages(cuts.length), all)
  assert.deepEqual(
    [...tries.values()],
    cuts.map(() => 2),
  )
  assert.deepEqual(events(gateway, 'listener.error'), [])
})

test('without a length, what the end of the application may have cut off is asked again; nobody gets the message raw', {
  timeout: 60_000,
}, async t => {
  const port = await freePort()
  const head = `HTTP/1.1 200 OK\r\n${CLOSE}\r\n`
  const listen = async (answer: string | Buffer, dies: boolean): Promise<Server> => {
    const { server } = await rawServer(
      t,
      (socket, server) =>
        socket.once('data', () => {
          if (dies) server.close()
          socket.end(answer)
        }),
      port,
    )
    return server
  }
  const first = await listen(head, true)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: `http://127.0.0.1:${port}/`, WS_LISTENER_EVENTS: 'message' },
  })
  const client = await connect(t, gateway.url)
  client.send('raw')
  await once(first, 'close')
  // As servers write that speak HTTP/1.0; and one whose end lies within a letter.
  const halfLetter = Buffer.concat([Buffer.from(`${head}{"message": "`), Buffer.from([0xc3])])
  for (const answer of [`HTTP/1.0 200 OK\r\n\r\n{"connections": [], "mess`, halfLetter]) {
    await triedInVain(gateway)
    await once(await listen(answer, true), 'close')
  }
  await triedInVain(gateway)
  const whole = await listen(`${head}{"message": "whole"}`, false)
  assert.deepEqual(await client.messages(1), ['whole'])
  whole.close()
  await once(whole, 'close')
  // One that lives has said all: an empty answer.
  await listen(head, false)
  client.send('to all')
  assert.deepEqual(await client.messages(2), ['whole', 'to all'])
  assert.equal(events(gateway, 'listener.error').length, 0)
})

test('a restart of the application loses nothing; one line when it is away, one when it is back', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  const client = await connect(t, gateway.url)
  client.send('before')
  await client.messages(1)
  await application.stop()
  for (let i = 0; i < 100; i++) client.send(String(i))
  const pushed = gateway.push({ message: 'pushed' })
  const late = connect(t, gateway.url)
  const { msg, path, level } = await gateway.event('listener.away')
  assert.match(msg ?? '', /the application is away: .*ECONNREFUSED/)
  assert.deepEqual([path, level], [application.url, 50])
  const health = await gateway.call('GET', '/health')
  assert.equal(health.status, 200)
  assert.equal(health.body.status, 'warn')
  assert.match(health.body.output, /the application does not answer: .*ECONNREFUSED/)
  assert.match((await gateway.call('GET', '/status')).body.listener.error, /ECONNREFUSED/)
  await application.start()
  await gateway.event('listener.back')
  assert.deepEqual((await pushed).status, 200)
  await late
  await client.messages(102)
  const numbers = client.got.filter(text => /^\d+$/.test(String(text)))
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, i) => String(i)),
  )
  assert.equal((await gateway.call('GET', '/health')).body.status, 'pass')
  assert.equal(events(gateway, 'listener.away').length, 1)
  assert.equal(events(gateway, 'listener.back').length, 1)
  assert.equal(events(gateway, 'listener.error').length, 0)
})

test('away for longer than WS_LISTENER_TIMEOUT_MS: logged, not sent, 503 for handshakes and pushes', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_TIMEOUT_MS: '1000' },
  })
  const client = await connect(t, gateway.url)
  await application.event('open')
  await application.stop()
  client.send('lost')
  const { msg, hook } = await gateway.event('listener.error')
  assert.match(
    msg ?? '',
    /^"message" failed: the application was away for 1000 ms \(WS_LISTENER_TIMEOUT_MS\): .*ECONNREFUSED/,
  )
  assert.equal(hook, 'message')
  const from = gateway.lines.length
  const { status, headers, text } = await refusal(gateway.url)
  assert.equal(status, 503)
  const refused = await gateway.event('listener.error', from)
  assert.match(refused.msg ?? '', /^"handshake" failed: the application was away for 1000 ms/)
  assert.ok(headers['retry-after'])
  assert.equal(JSON.parse(text).detail, 'the application is not available at the moment')
  const pushed = await gateway.push({ message: 'x' })
  assert.equal(pushed.status, 503)
  assert.match(pushed.body.detail, /^"push" failed: the application was away for 1000 ms/)
  assert.equal((await gateway.call('GET', '/health')).body.status, 'warn')
  // Nothing happens any more, and still it is seen to be back.
  await application.start()
  await gateway.event('listener.back')
  client.send('sent')
  assert.deepEqual(await client.messages(1), ['sent'])
  assert.equal(events(gateway, 'listener.away').length, 1)
})

test('an application that takes connections and does not answer: 504, and what comes after it goes on', async t => {
  const { url } = await rawServer(t, () => undefined)
  const gateway = await startGateway(t, {
    env: {
      WS_LISTENER: url,
      WS_LISTENER_TIMEOUT_MS: '600',
      WS_LISTENER_EVENTS: 'push,message',
    },
  })
  const pushed = await gateway.push({ message: 'x' })
  assert.equal(pushed.status, 504)
  assert.match(pushed.body.detail, /no answer within 600 ms \(WS_LISTENER_TIMEOUT_MS\)/)
  await gateway.event('listener.away')
  assert.equal((await gateway.call('GET', '/health')).body.status, 'warn')
  const began = Date.now()
  assert.deepEqual((await gateway.stop()).code, 0)
  // By the time of the whole stop alone it would be 8 seconds.
  assert.ok(Date.now() - began < 7000, `${Date.now() - began} ms`)
})

test('a gateway that stops while the application is away ends in time, and says how many events are lost', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_SHUTDOWN_TIMEOUT_MS: '3000' },
  })
  for (let i = 0; i < 3; i++) await connect(t, gateway.url)
  await application.until('3 opens', () => application.of('open').length === 3)
  await application.stop()
  const began = Date.now()
  const { code } = await gateway.stop()
  assert.equal(code, 0)
  // Without that setting it would be 8 seconds.
  assert.ok(Date.now() - began < 7000, `${Date.now() - began} ms`)
  const line = await gateway.line(({ lost }) => lost !== undefined)
  assert.equal(line.lost, 3)
})

test('restart and reload: the application is asked anew; a reload says when it cannot be reached', async t => {
  const application = await startApplication(t)
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  const client = await connect(t, gateway.url)
  const reloaded = await gateway.call('POST', '/reload')
  assert.equal(reloaded.status, 200)
  assert.equal(reloaded.body.listener.generation, 2)
  assert.equal(reloaded.body.listener.path, application.url)
  assert.equal((await gateway.call('POST', '/restart')).status, 200)
  assert.equal((await client.closed).code, 1012)
  await application.event('close')
  const again = await connect(t, gateway.url)
  again.send('x')
  await again.messages(1)
  await again.close()
  await application.until('its end', () => application.of('close').length === 2)
  await application.stop()
  const failed = await gateway.call('POST', '/reload')
  assert.equal(failed.status, 409)
  assert.match(failed.body.detail, /the application cannot be reached: .*ECONNREFUSED/)
  assert.equal((await gateway.call('POST', '/stop')).status, 200)
  assert.equal((await gateway.push({ message: 'x' })).status, 409)
})

test('https: a certificate that Node trusts, and one that it does not', async t => {
  const { cert, key } = certificate(temporaryFolder(t), 'localhost', { alternative: 'IP:127.0.0.1' })
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  const application = await startApplication(t, () => ({ message: 'by TLS' }), { tls })
  const env = { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message' }
  const trusting = await startGateway(t, { env: { ...env, NODE_EXTRA_CA_CERTS: cert } })
  const client = await connect(t, trusting.url)
  client.send('x')
  assert.deepEqual(await client.messages(1), ['by TLS'])
  const wary = await startGateway(t, { env: { ...env, WS_LISTENER_TIMEOUT_MS: '500' } })
  const other = await connect(t, wary.url)
  other.send('x')
  assert.match((await wary.event('listener.error')).msg ?? '', /self-signed certificate/)
})

test('a last try that has no time to fail hides not why the others did', async t => {
  let tries = 0
  const { url } = await rawServer(t, socket =>
    // Who only looks whether somebody listens says nothing.
    socket.once('data', () => {
      if (++tries === 1) socket.destroy()
    }),
  )
  const gateway = await startGateway(t, {
    env: {
      WS_LISTENER: url.replace('http:', 'https:'),
      WS_LISTENER_EVENTS: 'push',
      WS_LISTENER_TIMEOUT_MS: '500',
    },
  })
  const { status, body } = await gateway.push({ message: 'x' })
  assert.equal(status, 503)
  assert.match(body.detail, /away for 500 ms \(WS_LISTENER_TIMEOUT_MS\): .*TLS connection/)
  assert.equal(tries, 2)
})
