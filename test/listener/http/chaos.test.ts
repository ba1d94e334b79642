/** An application that answers well, badly, late or not at all, by chance: nothing is lost, doubled or out of order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Answer, type Answered, type Asked, startApplication } from '../../support/application.ts'
import { connect } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'

const CLIENTS = 30
const EACH = 60

/** The same numbers from 0 to 1 in each run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

for (const concurrency of [1, 7]) {
  test(`${concurrency} at a time`, { timeout: 90_000 }, async t => {
    const next = chance(concurrency)
    /** What was answered with a decision, by the webhook-id: a second asking would be a repetition for the gateway too. */
    const decided = new Set<string>()
    const repeated: Asked[] = []
    const failures: (() => Answered | Promise<Answered>)[] = [
      () => 'hang up',
      () => new Answer(502),
      () => new Answer(503, 'busy'),
      () => new Answer(504),
      async () => {
        await wait(5)
        return 'hang up'
      },
    ]
    const application = await startApplication(t, async asked => {
      const { event, body, headers } = asked
      const failure = next() < 0.15 ? failures[Math.floor(next() * failures.length)] : undefined
      if (failure !== undefined) return failure()
      const id = String(headers['webhook-id'])
      if (decided.has(id)) repeated.push(asked)
      decided.add(id)
      if (next() < 0.3) await wait(next() * 4)
      return event === 'message' ? { connections: [body.conn.id] } : undefined
    })
    const gateway = await startGateway(t, {
      env: { WS_LISTENER: application.url, WS_LISTENER_CONCURRENCY: String(concurrency) },
    })
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(t, gateway.url)))
    const numbers = Array.from({ length: EACH }, (_, i) => String(i))
    const pushes = Array.from({ length: 40 }, async (_, i) => {
      await wait(i * 10)
      return (await gateway.push({ message: `push ${i}` })).body
    })
    for (const number of numbers) for (const client of clients) client.send(number)
    for (const client of clients) {
      const got = await client.messages(EACH + pushes.length, 60_000)
      assert.deepEqual(
        got.filter(text => !String(text).startsWith('push')),
        numbers,
      )
    }
    for (const answer of await Promise.all(pushes)) assert.deepEqual(answer, { recipients: CLIENTS })
    for (const client of clients) await client.close()
    const isDecided = ({ headers }: Asked) => decided.has(String(headers['webhook-id']))
    const ended = () =>
      new Set(
        application
          .of('close')
          .filter(isDecided)
          .map(({ body }) => body.conn.id),
      )
    while (ended().size < CLIENTS) await wait(20)
    const status = async () => (await gateway.call('GET', '/status')).body
    while ((await status()).listener.requests.underWay > 0) await wait(20)
    const { listener, counters } = await status()
    assert.equal(listener.requests.waiting, 0)
    assert.ok(listener.requests.retried > 100, `${listener.requests.retried} tried again`)
    assert.equal(counters.listenerErrors, 0)
    assert.deepEqual(repeated, [])
    const limit = concurrency + Math.ceil(concurrency / 4)
    assert.ok(application.mostUnderWay <= limit, `${application.mostUnderWay} at a time`)
    const order = new Map<string, string[]>()
    for (const { event, body } of application.asked.filter(isDecided)) {
      if (body.conn === undefined) continue
      const events = order.get(body.conn.id) ?? []
      const name = body.message ?? event
      if (events.at(-1) !== name) events.push(name)
      order.set(body.conn.id, events)
    }
    for (const events of order.values()) assert.deepEqual(events, ['handshake', 'open', ...numbers, 'close'])
  })
}
