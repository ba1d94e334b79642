import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { type Events, listen } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

/** Whoever says `i am NAME` is that user from there on. */
const listener = {
  'listener.mjs': `
    export function onClientOpen({ conn }) {
      conn.user = new URLSearchParams(conn.request.query).get('user') ?? undefined
      conn.send(conn.id)
    }
    export function onMessage(data) {
      const name = /^i am (.*)/.exec(data.message)?.[1]
      if (name) data.conn.user = name
      data.connections = [data.conn]
    }`,
}

const what = (events: Events): string[] =>
  events.all.map(({ event, data }) => (event === 'trace' ? `${data.what} ${data.text ?? ''}`.trim() : event))

test('a user is traced: what its connections send and get, from their opening to their close', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_COMPRESSION: 'on' } })
  const events = await listen(t, gateway.socket, '/trace?user=anna&bytes=10')
  assert.equal(events.type, 'text/event-stream')
  const noted = await gateway.line(line => line.event === 'control.call')
  assert.deepEqual([noted.user, noted.seconds, noted.msg], ['anna', 600, 'a trace begins'])
  const other = await connect(t, `${gateway.url}/?user=bert`)
  const anna = await connect(t, `${gateway.url}/?user=anna`)
  const [id] = await anna.messages(1)
  other.send('not traced')
  // The last one is long enough to be compressed on its way out.
  for (const [i, message] of ['hello', Buffer.from([1, 2, 3]), 'äöü'.repeat(1000)].entries()) {
    anna.send(message)
    await anna.messages(i + 2)
  }
  await anna.close(4001)
  const traced = await events.of('trace', 9)
  const shown = traced.map(({ time, ...rest }) => {
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60_000)
    return rest
  })
  const own = { conn: id, user: 'anna' }
  const start = { ...own, bytes: 6000, text: 'äöüäö', truncated: true }
  assert.deepEqual(shown, [
    { ...own, what: 'open' },
    { ...own, what: 'out', bytes: String(id).length, text: String(id).slice(0, 10), truncated: true },
    { ...own, what: 'in', bytes: 5, text: 'hello' },
    { ...own, what: 'out', bytes: 5, text: 'hello' },
    { ...own, what: 'in', bytes: 3, base64: 'AQID' },
    { ...own, what: 'out', bytes: 3, base64: 'AQID' },
    { ...start, what: 'in' },
    { ...start, what: 'out' },
    { ...own, what: 'close', code: 4001, reason: '' },
  ])
})

test('whoever becomes the user, or is it no longer, comes into the trace and out of it', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, gateway.url)
  await client.messages(1)
  const events = await listen(t, gateway.socket, '/trace?user=carl')
  for (const [i, text] of ['before', 'i am carl', 'traced', 'i am dora', 'after', 'i am carl'].entries()) {
    client.send(text)
    await client.messages(i + 2)
  }
  await events.of('trace', 7)
  assert.deepEqual(what(events), [
    'open',
    'out i am carl',
    'in traced',
    'out traced',
    'in i am dora',
    'open',
    'out i am carl',
  ])
})

test('a trace of a connection ends with it, and one of a time when that is up', async t => {
  // Also when the garbage is collected in the meantime, and with it what nothing holds.
  const collecting = `
    import { setFlagsFromString } from 'node:v8'
    import { runInNewContext } from 'node:vm'
    setFlagsFromString('--expose-gc')
    setInterval(runInNewContext('gc'), 100)`
  const gateway = await startGateway(t, {
    listener: { 'listener.mjs': listener['listener.mjs'] + collecting },
  })
  const client = await connect(t, gateway.url)
  const [id] = await client.messages(1)
  const ofConnection = await listen(t, gateway.socket, `/trace?connection=${id}`)
  const ofTime = await listen(t, gateway.socket, '/trace?user=nobody&seconds=1')
  await client.close(1000)
  assert.deepEqual(await ofConnection.of('end', 1), [{ reason: 'the connection has closed' }])
  assert.deepEqual(await ofTime.of('end', 1), [{ reason: 'time is up' }])
  await ofConnection.ended()
  await ofTime.ended()
})

test('what is too much to be told is counted, and nothing of it is lost for the client', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_MAX_MESSAGES_PER_SECOND: '0' } })
  const client = await connect(t, `${gateway.url}/?user=anna`)
  const events = await listen(t, gateway.socket, '/trace?user=anna&bytes=0')
  const many = 3000
  for (let i = 0; i < many; i++) client.send(`${i}`)
  const got = await client.messages(many + 1)
  assert.equal(got.at(-1), `${many - 1}`)
  client.ws.close(1000)
  let told = await events.of('trace', 1000)
  while (told.at(-1).what !== 'close') told = await events.of('trace', told.length + 1)
  // What is left out is told behind it, and part by part.
  const dropped = await eventually('all that was dropped', async () => {
    const counts = await events.of('dropped', 1)
    const sum = counts.reduce((all, { count }) => all + count, 0)
    return told.length - 1 + sum >= 2 * many && sum
  })
  assert.equal(told.length - 1 + dropped, 2 * many)
})

test('a trace that cannot be, and more than there may be', async t => {
  const gateway = await startGateway(t, { listener })
  const detail = async (query: string) => {
    const { status, body } = await gateway.call('GET', `/trace${query}`)
    return [status, body.detail]
  }
  assert.deepEqual(await detail(''), [400, 'takes either connection=ID or user=USER'])
  assert.deepEqual(await detail('?user=a&connection=b'), [400, 'takes either connection=ID or user=USER'])
  assert.deepEqual(await detail('?user=a&seconds=0'), [
    400,
    'seconds takes a whole number from 1 to 3600, got "0"',
  ])
  assert.deepEqual(await detail('?user=a&bytes=x'), [
    400,
    'bytes takes a whole number from 0 to 65536, got "x"',
  ])
  assert.deepEqual(await detail('?connection=gone'), [404, 'no connection "gone" is open here'])
  // Whoever only asks for the head, or finds no place among those that listen, begins none.
  for (let i = 0; i < 8; i++) assert.equal((await gateway.call('HEAD', '/trace?user=a')).status, 200)
  const traces = []
  for (let i = 0; i < 8; i++) traces.push(await listen(t, gateway.socket, `/trace?user=${i}`))
  assert.equal((await gateway.call('GET', '/trace?user=9')).status, 429)
  traces[0]?.close()
  // Its place is free as soon as the gateway has noticed.
  for (let tries = 0; ; tries++) {
    const next = await listen(t, gateway.socket, '/trace?user=9').catch(() => undefined)
    if (next !== undefined) break
    assert.ok(tries < 200, 'a trace whose listener has gone keeps its place')
  }
})
