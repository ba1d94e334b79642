/** The subprotocol by which a client is told the id of its connection. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const PROTOCOL = 'websocket-gateway.page'

/** A listener that sends at its first chance, and whose presence hook does as well. */
const listener = `
export const onClientHandshake = data => {
  data.groups = ['all']
  data.user = 'anna'
  if (data.request.query === 'chat') data.protocol = 'chat'
}
export const onGroupJoin = (data, gateway) => gateway.push({ message: 'joined', groups: ['all'] })
export const onClientOpen = data => data.conn.send('opened')
`

test('it comes as the first frame, before anything that a hook sends', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.mjs': listener },
    env: { WS_COMPRESSION: 'on' },
  })
  const client = await connect(t, gateway.url, [PROTOCOL])
  assert.equal(client.ws.protocol, PROTOCOL)
  const [first, ...rest] = await client.messages(3)
  const { connections } = (await gateway.call('GET', '/connections')).body
  assert.deepEqual(JSON.parse(String(first)), { 'websocket-gateway': { connection: connections[0].id } })
  assert.deepEqual(rest.sort(), ['joined', 'opened'])
})

test('who agrees on another subprotocol, or on none, is told nothing', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.mjs': listener } })
  for (const [path, offered, chosen] of [
    ['/?chat', ['chat', PROTOCOL], 'chat'],
    ['/', ['other', PROTOCOL], 'other'],
    ['/', [], ''],
  ] as const) {
    const client = await connect(t, gateway.url + path, [...offered])
    assert.equal(client.ws.protocol, chosen)
    assert.ok((await client.messages(1)).every(message => !String(message).includes('connection')))
    await client.close()
  }
})

test('beside a token it is the one that is agreed on; with WS_PAGE=off nobody is told', async t => {
  const env = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }
  const gateway = await startGateway(t, { env })
  const token = (await cli({ cwd: gateway.folder, env }, 'token', '--user', 'anna')).out.trim()
  const client = await connect(t, gateway.url, ['bearer', token, PROTOCOL])
  assert.equal(client.ws.protocol, PROTOCOL)
  assert.match(String((await client.messages(1))[0]), /^\{"websocket-gateway":\{"connection":"\w+-1"\}\}$/)
  const silent = await startGateway(t, { env: { WS_PAGE: 'off' } })
  const other = await connect(t, silent.url, [PROTOCOL])
  other.send('hello')
  assert.deepEqual(await other.messages(1), ['hello'])
})
