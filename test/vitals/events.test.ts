import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { listen } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

test('what happens is told second by second, with the ten minutes before', async t => {
  const gateway = await startGateway(t)
  const early = await listen(t, gateway.socket, '/events')
  const [first] = await early.of('history', 1)
  assert.deepEqual(first.columns, [
    ...['time', 'connections', 'received', 'delivered', 'bytesIn', 'bytesOut', 'pushes'],
    ...['loopDelayMs', 'rssBytes', 'heapBytes', 'cpu', 'sent'],
  ])
  assert.equal((await early.of('status', 1))[0].state, 'running')
  // From here on each row has one before it, which says when its second began.
  await early.of('sample', 1)
  const client = await connect(t, gateway.url)
  for (let i = 0; i < 10; i++) client.send('0123456789')
  await client.messages(10)
  await gateway.push({ message: 'x' })
  const done = Date.now()
  const rows = await eventually('a second after it', async () => {
    const all = await early.of('sample', 2)
    return all.at(-1)[0] > done && all
  })
  assert.equal(rows.at(-1)[1], 1)
  // A second may be much longer than one where the gateway gets no time, and what happens in one is told in whole numbers.
  const lasted = rows.slice(1).map((row, i) => (row[0] - rows[i][0]) / 1000)
  const slack = 1 + lasted.reduce((sum, seconds) => sum + seconds, 0) / 2
  for (const [column, exact] of [
    ['received', 10],
    ['delivered', 11],
    ['bytesIn', 100],
    ['bytesOut', 123],
    ['sent', 11],
  ] as const) {
    const index = first.columns.indexOf(column)
    const total = lasted.reduce((sum, seconds, i) => sum + seconds * rows[i + 1][index], 0)
    assert.ok(Math.abs(total - exact) <= slack + exact / 20, `${column}: ${total}`)
  }
  const late = await listen(t, gateway.socket, '/events')
  const [history] = await late.of('history', 1)
  assert.ok(history.rows.length >= 2)
  for (const row of history.rows) {
    assert.equal(row.length, first.columns.length)
    assert.ok(row.every((value: unknown) => typeof value === 'number' && value >= 0))
  }
})

test('the status counts bytes, frames, close codes and reloads, and tells the last fault', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `export function onMessage(data) {
  if (data.message === 'fail') throw new Error('out of luck')
  if (data.message === 'fail at length') throw new Error('x'.repeat(1_000_000))
  data.conn.send('to one')
}`,
    },
  })
  const client = await connect(t, gateway.url)
  client.send('four')
  await client.messages(2)
  client.send('fail')
  await gateway.event('listener.error')
  await gateway.call('POST', '/reload')
  await client.close(4999)
  await gateway.event('client.close')
  const { body } = await gateway.call('GET', '/status')
  const { bytesIn, bytesOut, sent, delivered, reloads } = body.counters
  // Two frames with heads of two bytes each.
  assert.deepEqual(
    { bytesIn, bytesOut, sent, delivered, reloads },
    { bytesIn: 8, bytesOut: 14, sent: 2, delivered: 1, reloads: 1 },
  )
  assert.deepEqual(body.closes, { 4999: 1 })
  const { at, message, hook, stack } = body.listener.lastFault
  assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000)
  assert.deepEqual([message, hook], ['onMessage failed: out of luck', 'onMessage'])
  assert.match(stack, /listener\.mjs:2:/)
  const { rssBytes, heapUsedBytes, loopDelayMs } = body.process
  assert.ok(rssBytes > heapUsedBytes && heapUsedBytes > 1_000_000)
  assert.deepEqual(Object.keys(loopDelayMs), ['p50', 'p99', 'max'])

  const chatty = await connect(t, gateway.url)
  const from = gateway.lines.length
  chatty.send('fail at length')
  await gateway.event('listener.error', from)
  const { lastFault } = (await gateway.call('GET', '/status')).body.listener
  assert.match(lastFault.message, /^onMessage failed: x+ … x+$/)
  assert.match(lastFault.stack, /^Error: x+ … (.|\n)*listener\.mjs:3:/)
  assert.ok(JSON.stringify(lastFault).length < 10_000)
})

test('no more than 32 listen at a time', async t => {
  const gateway = await startGateway(t)
  const all = await Promise.all(Array.from({ length: 32 }, () => listen(t, gateway.socket, '/events')))
  const refused = await gateway.call('GET', '/events')
  assert.deepEqual(
    [refused.status, refused.body.detail, refused.headers['retry-after']],
    [429, '32 callers listen to events already, and no more may', '1'],
  )
  assert.equal((await gateway.call('HEAD', '/status')).status, 200)
  for (const events of all) events.close()
})

test('whoever breaks off gives the place back, also of streams that wait behind another one', async t => {
  const gateway = await startGateway(t)
  const caller = createConnection(gateway.socket)
  t.after(() => caller.destroy())
  caller.resume()
  caller.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(32))
  await eventually('all places taken', async () => (await gateway.call('HEAD', '/events')).status === 429)
  caller.destroy()
  await eventually('free places', async () => (await gateway.call('HEAD', '/events')).status === 200)
  await Promise.all(Array.from({ length: 32 }, () => listen(t, gateway.socket, '/events')))
})

test('streams outlive stop and restart, and end whole with the gateway', async t => {
  const gateway = await startGateway(t)
  const all = await Promise.all(Array.from({ length: 32 }, () => listen(t, gateway.socket, '/events')))
  for (const action of ['stop', 'start', 'restart']) await gateway.call('POST', `/${action}`)
  const [first] = all
  const states = async (): Promise<string[]> =>
    ((await first?.of('status', 1)) ?? []).map(({ state }: { state: string }) => state)
  await eventually('the state after it', async () => (await states()).at(-1) === 'running')
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  for (const events of all) {
    await events.ended()
    assert.ok(events.isWhole)
  }
})
