/** Order, and how many requests there are at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Asked, startApplication } from '../../support/application.ts'
import { connect, refused } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'

/** Requests that are answered when the test says so. */
class Held {
  readonly #held: { asked: Asked; answer: () => void }[] = []

  hold(asked: Asked): Promise<undefined> {
    return new Promise(resolve => this.#held.push({ asked, answer: () => resolve(undefined) }))
  }

  get size(): number {
    return this.#held.length
  }

  /** Answers the oldest, or the one at this place. */
  release(at = 0): void {
    this.#held.splice(at, 1)[0]?.answer()
  }
}

test('one request of a connection at a time, in order: open, its messages, close', async t => {
  const application = await startApplication(t, async ({ body }) => {
    // The later ones would overtake the earlier ones, if they could.
    await wait(body.event === 'open' ? 50 : Math.max(0, 20 - Number(body.message)))
    return undefined
  })
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'open,message,close' },
  })
  const [anna, ben] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  const numbers = Array.from({ length: 30 }, (_, i) => String(i))
  for (const number of numbers) anna.send(number)
  assert.deepEqual(await ben.messages(30), numbers)
  anna.send('last')
  anna.ws.close()
  await application.event('close')
  const [{ body } = { body: undefined }] = application.asked
  const mine = application.asked.filter(asked => asked.body.conn.id === body.conn.id)
  assert.deepEqual(
    mine.map(asked => asked.body.message ?? asked.event),
    ['open', ...numbers, 'last', 'close'],
  )
})

test('WS_LISTENER_CONCURRENCY for the gateway; one slow event holds up no other connection', async t => {
  const held = new Held()
  const application = await startApplication(t, asked => held.hold(asked))
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message', WS_LISTENER_CONCURRENCY: '3' },
  })
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(t, gateway.url)))
  clients.forEach((client, i) => {
    client.send(`${i} first`)
    client.send(`${i} second`)
  })
  for (const client of clients) await client.settled()
  await application.until('three requests', () => held.size === 3)
  const { requests } = (await gateway.call('GET', '/status')).body.listener
  assert.deepEqual(requests, { underWay: 3, waiting: 2, retried: 0 })
  for (let i = 0; i < 10; i++) {
    await application.until('a request', () => held.size > 0)
    // The newest first: whoever is answered goes on, whatever happens to the others.
    held.release(held.size - 1)
  }
  assert.equal(application.mostUnderWay, 3)
  for (const client of clients) {
    const got = await client.messages(10)
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(
        got.filter(text => String(text).startsWith(`${i} `)),
        [`${i} first`, `${i} second`],
      )
    }
  }
})

test('a client that sends faster than the application answers is not read meanwhile, and loses nothing', async t => {
  const held = new Held()
  const application = await startApplication(t, asked => held.hold(asked))
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message', WS_MAX_PENDING_EVENTS: '4' },
  })
  const client = await connect(t, gateway.url)
  const [{ id }] = (await gateway.call('GET', '/connections')).body.connections
  const large = 'x'.repeat(100_000)
  for (let i = 0; i < 100; i++) client.send(`${i} ${large}`)
  await application.event('message')
  // Whatever is read by now, the rest stays in the client and in the kernel.
  await wait(300)
  const { received } = (await gateway.call('GET', `/connections/${id}`)).body
  assert.ok(received < 50, `${received} were read`)
  for (let i = 0; i < 100; i++) {
    await application.until('the next request', () => held.size === 1)
    held.release()
  }
  const got = await client.messages(100)
  assert.deepEqual(
    got.map(text => Number(String(text).split(' ')[0])),
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('what waits for its turn longer than WS_LISTENER_TIMEOUT_MS: handshakes are refused, messages wait on', async t => {
  let isSlow = true
  const application = await startApplication(t, async ({ event }) => {
    if (event === 'message' && isSlow) await wait(800)
    return undefined
  })
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_CONCURRENCY: '1', WS_LISTENER_TIMEOUT_MS: '4000' },
  })
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(t, gateway.url)))
  for (let i = 0; i < 20; i++) for (const client of clients) client.send('x')
  await application.event('message')
  // One message of each other client stands before it whenever it comes: 7.2 seconds of work.
  assert.equal(await refused(gateway.url), 503)
  isSlow = false
  await clients[0]?.messages(200)
  // The handshake.
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 1)
})
