import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rate } from '../../src/connections/rate.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

test('a rate lets a burst through, then so many a second', () => {
  const rate = new Rate({ perSecond: 10, burst: 20 }, 0)
  const takes = (times: number, now: number): number =>
    Array.from({ length: times }, () => rate.take(now)).filter(Boolean).length
  assert.equal(takes(30, 0), 20)
  assert.equal(takes(30, 1000), 10)
  assert.equal(takes(30, 1099), 0)
  assert.equal(takes(30, 1101), 1)
  assert.equal(takes(30, 60_000), 20, 'a rest fills no more than the burst')
})

test('too many messages close that connection with 1008, and no other', async t => {
  const gateway = await startGateway(t, {
    env: { WS_MAX_MESSAGES_PER_SECOND: '5', WS_MAX_MESSAGES_BURST: '10' },
  })
  const steady = await connect(t, gateway.url)
  const flood = await connect(t, gateway.url)
  const began = performance.now()
  for (let i = 0; i < 10; i++) flood.send(`${i}`)
  await steady.messages(10)
  for (let i = 0; i < 50; i++) flood.send('too many')
  assert.deepEqual(await flood.closed, { code: 1008, reason: 'too many messages' })
  // What the time has allowed beside the burst, on a machine that may have been slow.
  const most = Math.ceil((5 * (performance.now() - began)) / 1000)
  steady.send('still here')
  await eventually('the last word', () => steady.got.includes('still here'))
  const extra = steady.got.filter(message => message === 'too many').length
  assert.ok(extra <= most, `${extra} got through, ${most} could`)
  assert.equal((await gateway.event('client.close')).code, 1008)
})

test('a flood of pings counts as well', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_MESSAGES_PER_SECOND: '5' } })
  const flood = await connect(t, gateway.url)
  for (let i = 0; i < 100; i++) flood.ws.ping()
  assert.equal((await flood.closed).code, 1008)
})

test('unanswered events pause the socket, and never disconnect', async t => {
  const gateway = await startGateway(t, {
    env: { WS_MAX_PENDING_EVENTS: '3' },
    listener: {
      'listener.mjs': `let open
        const gate = new Promise(done => { open = done })
        export const onMessage = async (data, gateway) => {
          if (data.message === 'go') return open()
          gateway.state.taken = (gateway.state.taken ?? 0) + 1
          // Short, so that this is about what the client sends, and not about what it reads.
          data.message = '.'
          await gate
        }`,
    },
  })
  const flood = await connect(t, gateway.url)
  // More than the kernel's buffers take, so that not reading shows.
  const text = 'x'.repeat(64 * 1024)
  for (let i = 0; i < 500; i++) flood.send(text)
  const other = await connect(t, gateway.url)
  await other.settled()
  assert.ok(flood.ws.bufferedAmount > 0, 'the sender is held up')
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.ok(counters.received < 300, `${counters.received} were read`)
  other.send('go')
  await flood.messages(501, 30_000)
  assert.equal(flood.ws.readyState, 1)
})
