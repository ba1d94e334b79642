import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const listener = {
  'listener.mjs':
    'export const onClientOpen = data => data.conn.send({ ip: data.conn.request.ip, secure: data.conn.request.secure })',
}
const headers = { 'x-forwarded-for': '6.6.6.6, 192.0.2.7', 'x-forwarded-proto': 'https' }

test('X-Forwarded-For and X-Forwarded-Proto count from a trusted proxy alone', async t => {
  const trusting = await startGateway(t, { env: { WS_TRUST_PROXY: '10.0.0.0/8, 127.0.0.1' }, listener })
  const known = await connect(t, trusting.url, [], { headers })
  assert.deepEqual(JSON.parse(String((await known.messages(1))[0])), { ip: '192.0.2.7', secure: true })
  assert.equal((await trusting.event('client.open')).ip, '192.0.2.7')
  const wary = await startGateway(t, { listener })
  const unknown = await connect(t, wary.url, [], { headers })
  assert.deepEqual(JSON.parse(String((await unknown.messages(1))[0])), { ip: '127.0.0.1', secure: false })
})

test("limits for an address count the client's, not the proxy's", async t => {
  const env = { WS_TRUST_PROXY: '127.0.0.1', WS_MAX_CONNECTIONS_PER_IP: '1' }
  const gateway = await startGateway(t, { env })
  const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })
  await connect(t, gateway.url, [], from('192.0.2.1'))
  await connect(t, gateway.url, [], from('192.0.2.2'))
  assert.equal(await refused(gateway.url, [], from('192.0.2.1')), 429)
  await connect(t, gateway.url, [], from('2001:db8:0:1::1'))
  assert.equal(await refused(gateway.url, [], from('2001:db8:0:1:ffff::1')), 429)
  await connect(t, gateway.url, [], from('2001:db8:0:2::1'))
})
