/** `GET /metrics` of one gateway, with clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { callSocket, startGateway } from '../support/gateway.ts'
import { promtool, Scraped, scrape, withoutPrometheus } from '../support/prometheus.ts'

const listener = `
export const onClientHandshake = data => {
  if (data.request.path === '/no') data.reject(403, 'no')
}
export const onClientOpen = ({ conn }) => {
  conn.join('all')
  conn.user = 'anna'
  conn.send('welcome')
}
export const onMessage = async data => {
  if (data.message === 'fail') throw new Error('as it was told')
  if (data.message === 'wait') await new Promise(done => setTimeout(done, 120))
  data.connections = data.message === 'nobody' ? ['unknown'] : undefined
}`

test('what clients, pushes and the listener have done is counted', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.mjs': listener },
    env: { WS_GATEWAY_ID: 'chat', WS_MAX_CONNECTIONS: '50', WS_CONTROL_DIR: 'control' },
  })
  const call = (method: string, path: string, body?: string) =>
    callSocket(`${gateway.folder}/control/chat.sock`, method, path, body, {
      'content-type': 'application/json',
    })
  const a = await connect(t, gateway.url)
  const b = await connect(t, gateway.url)
  const leaving = await connect(t, gateway.url)
  await Promise.all([a, b, leaving].map(client => client.messages(1)))
  await leaving.close(3001)
  assert.equal(await refused(`${gateway.url}/no`), 403)
  for (const text of ['é', 'fail', 'nobody', 'wait']) a.send(text)
  await Promise.all([a, b].map(client => client.messages(3)))
  assert.equal((await call('POST', '/push', '{"message": "pushed"}')).status, 200)
  await Promise.all([a, b].map(client => client.messages(4)))
  // The loop is looked at once a second.
  await eventually('a second', async () => {
    const { body } = await call('GET', '/metrics')
    return (new Scraped(body).own('event_loop_delay_seconds_count') ?? 0) > 0
  })

  const answer = await call('GET', '/metrics')
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const scraped = new Scraped(answer.body)
  const { version, counters, refusals } = (await call('GET', '/status')).body
  assert.deepEqual([counters.refused, refusals], [1, { 403: 1 }])
  const expected = {
    [`info{id="chat",version="${version}",mode="automatic"}`]: 1,
    up: 1,
    'state{state="running"}': 1,
    'state{state="stopped"}': 0,
    'health{status="pass"}': 1,
    'health{status="fail"}': 0,
    connections: 2,
    connections_limit: 50,
    groups: 1,
    users: 1,
    connections_opened_total: 3,
    'connections_closed_total{code="3001"}': 1,
    'connections_closed_total{code="1006"}': 0,
    'connections_refused_total{status="403"}': 1,
    'connections_refused_total{status="401"}': 0,
    messages_received_total: 4,
    // é as UTF-8, fail, nobody, wait.
    received_bytes_total: 2 + 4 + 6 + 4,
    // Three times welcome; é, wait and pushed to two each.
    messages_sent_total: 3 + 6,
    deliveries_total: 6,
    // Two bytes before each.
    sent_bytes_total: 3 * (2 + 7) + 2 * (2 + 2 + (2 + 4) + (2 + 6)),
    pushes_total: 1,
    unknown_recipients_total: 1,
    slow_consumers_closed_total: 0,
    slow_consumer_drops_total: 0,
    listener_ready: 1,
    listener_degraded: 0,
    listener_generation: 1,
    listener_reloads_total: 0,
    listener_errors_total: 1,
    'listener_duration_seconds_count{hook="handshake"}': 4,
    'listener_duration_seconds_count{hook="open"}': 3,
    'listener_duration_seconds_count{hook="message"}': 4,
    'listener_duration_seconds_count{hook="push"}': 1,
    'listener_duration_seconds_count{hook="close"}': 1,
    'listener_duration_seconds_count{hook="groupJoin"}': 1,
    'listener_duration_seconds_bucket{hook="message",le="30"}': 4,
    'listener_duration_seconds_bucket{hook="message",le="+Inf"}': 4,
  }
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map(key => [key, scraped.own(key)])), expected)
  // One of the four waited.
  assert.ok((scraped.own('listener_duration_seconds_bucket{hook="message",le="0.1"}') ?? 4) <= 3)
  assert.ok((scraped.own('listener_duration_seconds_sum{hook="message"}') ?? 0) >= 0.1)
  assert.ok((scraped.own('uptime_seconds') ?? 0) > 0)
  assert.ok((scraped.values.get('process_cpu_seconds_total') ?? 0) > 0)
  assert.ok((scraped.values.get('process_open_fds') ?? 0) > 10)
  assert.equal(scraped.names.filter(name => /backplane|nodes|push_stream|requests/.test(name)).length, 0)
  if (!withoutPrometheus) promtool(['check', 'metrics'], answer.body)

  // A class holds all those below it.
  const classes = [...scraped.values].filter(([series]) => series.includes('hook="message",le='))
  assert.equal(classes.length, 18)
  assert.ok(classes.every(([, value], i) => value >= (classes[i - 1]?.[1] ?? 0)))

  await call('POST', '/stop')
  const stopped = new Scraped((await call('GET', '/metrics')).body)
  const after = ['up', 'state{state="running"}', 'state{state="stopped"}', 'connections', 'uptime_seconds']
  assert.deepEqual(
    after.map(series => stopped.own(series)),
    [0, 0, 1, 0, 0],
  )
  assert.equal(stopped.own('connections_closed_total{code="1001"}'), 2)
})

test('over TCP it takes the token, and a listener that is bad is told of', async t => {
  const token = 'a-token-of-good-length'
  const gateway = await startGateway(t, {
    listener: { 'listener.mjs': 'export const onMessage = ' },
    env: { WS_CONTROL_PORT: '0', WS_CONTROL_TOKEN: token },
  })
  const url = `http://127.0.0.1:${(await gateway.event('control.listen')).port}/metrics`
  const stranger = await fetch(url)
  assert.equal(stranger.status, 401)
  assert.doesNotMatch(await stranger.text(), /websocket_gateway/)
  const headers = { authorization: `Bearer ${token}` }
  const scraped = new Scraped(await (await fetch(url, { headers })).text())
  const bad = ['up', 'health{status="fail"}', 'listener_ready', 'listener_degraded', 'listener_generation']
  assert.deepEqual(
    bad.map(series => scraped.own(series)),
    [0, 1, 0, 1, 0],
  )
  // It hands on the metrics of another gateway in its control folder.
  await startGateway(t, { folder: gateway.folder, listener: {}, env: { WS_GATEWAY_ID: 'other' } })
  const passedOn = await fetch(url.replace('/metrics', '/gateways/other/metrics'), { headers })
  assert.match(passedOn.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await passedOn.text(), /^websocket_gateway_info\{id="other",/m)
  const head = await fetch(url, { method: 'HEAD', headers })
  assert.equal(await head.text(), '')
  assert.equal((await fetch(url, { method: 'POST', headers })).headers.get('allow'), 'GET, HEAD')
  // Without limits of connections there is no such metric.
  assert.equal((await scrape(gateway)).own('connections_limit'), undefined)
})
