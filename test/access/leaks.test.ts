/** Tokens reach no log, whatever a listener does with the request that holds them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect, refused } from '../support/client.ts'
import { callSocket, startGateway } from '../support/gateway.ts'

const secret = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }

const careless = `
const request = data => data.request ?? data.conn.request
export const onClientHandshake = (data, gateway) => {
  gateway.log.info(data, 'logged by mistake')
  gateway.log.info({ request: data.request }, 'logged by mistake')
  gateway.log.info({ data }, 'logged by mistake')
  gateway.log.info(data.request, 'logged by mistake')
}
export const onClientOpen = (data, gateway) => {
  const { headers, query } = request(data)
  gateway.log.error({ err: Object.assign(new Error('mine'), { config: { headers } }) }, 'logged by mistake')
  void Promise.reject(Object.assign(new Error('forgotten'), { request: request(data) }))
  throw Object.assign(new Error('like axios', { cause: Object.assign(new Error('inner'), { headers }) }), {
    config: { headers: { Authorization: headers.authorization } },
    query,
  })
}
export const onMessage = data => {
  if (data.message === 'thrown object') throw { status: 401, headers: request(data).headers }
  if (data.message === 'bad url') new URL('/x?' + request(data).query)
  if (data.message === 'in words') throw new Error('no good: ' + request(data).query)
}`

test('no token stands in the log, in standard output or in standard error', async t => {
  const env = { ...secret, WS_JWT_COOKIE: 'session', WS_LOG_LEVEL: 'debug' }
  const gateway = await startGateway(t, { env, listener: { 'listener.mjs': careless } })
  const minted = await cli({ cwd: gateway.folder, env: secret }, 'token', '--user', 'anna')
  const token = minted.out.trim()
  const [, , signature = ''] = token.split('.')
  for (const [path, protocols, headers] of [
    ['/', ['bearer', token], {}],
    [`/?token=${token}`, [], {}],
    ['/', [], { authorization: `Bearer ${token}` }],
    ['/', [], { cookie: `session=${token}` }],
  ] as [string, string[], Record<string, string>][]) {
    const client = await connect(t, gateway.url + path, protocols, { headers })
    for (const message of ['thrown object', 'bad url', 'in words', `a message with ${token}`])
      client.send(message)
    await client.settled()
  }
  const { conn } = await gateway.event('client.open')
  const type = { 'content-type': 'application/json' }
  const raw = await callSocket(gateway.socket, 'PUT', `/connections/${conn}/token`, token, type)
  assert.equal(raw.status, 400)
  assert.ok(!JSON.stringify(raw.body).includes(token.slice(0, 8)))
  await gateway.until(
    'all faults',
    () => gateway.lines.filter(l => l.event === 'listener.error').length >= 12,
  )
  await gateway.stop()
  const all = JSON.stringify(gateway.logFile()) + JSON.stringify(gateway.lines) + gateway.stderr
  assert.ok(all.includes('like axios') && all.includes('forgotten') && all.includes('logged by mistake'))
  assert.ok(all.includes('inner'), 'causes are shown')
  assert.ok(!all.includes(signature), all.slice(all.indexOf(signature) - 300, all.indexOf(signature)))
})

test('a token behind `bearer` is never the subprotocol of the answer, also when nobody checks it', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url, ['bearer', 'opaque-token-123'])
  assert.equal(client.ws.protocol, 'bearer')
})

test('a sub that is a number is a user like any other; a token that expires while it is decided on is none', async t => {
  const gateway = await startGateway(t, {
    env: { ...secret, WS_MAX_CONNECTIONS_PER_USER: '1' },
    listener: {
      'listener.mjs': `export const onClientHandshake = data =>
        data.request.path === '/slow' ? new Promise(done => setTimeout(done, 1600)) : undefined
      export const onClientOpen = data => data.conn.send(data.conn.user)`,
    },
  })
  const { SignJWT } = await import('jose')
  const key = new TextEncoder().encode(secret.WS_JWT_SECRET)
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key)
  // As PHP's libraries write a user's number.
  const five = await sign({ sub: 5 as unknown as string })
  const client = await connect(t, `${gateway.url}/?token=${five}`)
  assert.deepEqual(await client.messages(1), ['5'])
  assert.equal(await refused(`${gateway.url}/?token=${five}`), 429)
  const { conn } = await gateway.event('client.open')
  const put = async (token: string) =>
    (await gateway.call('PUT', `/connections/${conn}/token`, { token })).status
  assert.equal(await put(five), 200)
  assert.equal(await put(await sign({ sub: '6' })), 409)
  assert.equal(await put(await sign({})), 409)
  const short = await sign({ sub: 'late', exp: Math.floor(Date.now() / 1000) + 1 })
  assert.equal(await refused(`${gateway.url}/slow?token=${short}`), 401)
})
