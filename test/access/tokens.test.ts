import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect, refusal, refused } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'

const secret = 'a secret that is long enough for HS256'
const env = { WS_JWT_SECRET: secret, WS_JWT_COOKIE: 'session', WS_LOG_LEVEL: 'debug' }
const listener = {
  'listener.mjs': `export const onClientOpen = (data, gateway) => {
    data.conn.send({ user: data.conn.user, claims: data.conn.claims, protocol: data.conn.request.protocol })
    gateway.log.info({ request: data.conn.request, headers: data.conn.request.headers }, 'logged by mistake')
    gateway.log.info(data.conn.request.headers, 'logged by mistake')
    gateway.log.info({ conn: { request: data.conn.request } }, 'logged by mistake')
  }
  export const onMessage = async data => {
    if (data.conn && data.message.startsWith('renew ')) {
      data.message = await data.conn.renewToken(data.message.slice(6)).then(() => 'renewed', error => error.detail)
    }
  }`,
}

/** A token by the gateway's own command. */
async function mint(gateway: GatewayProcess, ...words: string[]): Promise<string> {
  const { code, out, err } = await cli(
    { cwd: gateway.folder, env: { WS_JWT_SECRET: secret } },
    'token',
    ...words,
  )
  assert.equal(code, 0, err)
  return out.trim()
}

test('a token gets in by header, subprotocol, query or cookie, and never shows in a log', async t => {
  const gateway = await startGateway(t, { env, listener })
  const token = await mint(gateway, '--user', 'anna', '--claim', 'role=admin', '--claim', 'rooms=["a"]')
  const ways: [string, string[], Record<string, string>, string][] = [
    ['', [], { authorization: `Bearer ${token}` }, ''],
    ['', ['bearer', token], {}, 'bearer'],
    ['', ['bearer', token, 'chat'], {}, 'chat'],
    [`/?token=${token}&x=1`, [], {}, ''],
    ['', [], { cookie: `a=b; session=${token}` }, ''],
  ]
  for (const [path, protocols, headers, protocol] of ways) {
    const client = await connect(t, gateway.url + path, protocols, { headers })
    const [text] = await client.messages(1)
    const got = JSON.parse(String(text))
    assert.equal(got.user, 'anna')
    assert.equal(got.claims.role, 'admin')
    assert.deepEqual(got.claims.rooms, ['a'])
    assert.equal(got.protocol, protocol)
    assert.equal(client.ws.protocol, protocol)
  }
  for (const [path, protocols, headers] of ways) {
    const wrong = token.replace(/.$/, last => (last === 'A' ? 'Q' : 'A')).replace(/\.\w/, '.X')
    const swap = (text: string): string => text.replace(token, wrong)
    const swapped = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, swap(value)]))
    assert.equal(await refused(gateway.url + swap(path), protocols.map(swap), { headers: swapped }), 401)
    for (const part of wrong.split('.')) assert.ok(!JSON.stringify(gateway.lines).includes(part))
  }
  const { connections } = (await gateway.call('GET', '/connections')).body
  assert.equal(connections[0].user, 'anna')
  await gateway.stop()
  const log = JSON.stringify(gateway.logFile()) + gateway.stderr
  assert.ok(log.includes('logged by mistake'))
  assert.ok(!log.includes(token.split('.')[2] ?? ''), 'the signature stands in the log')
  assert.ok(!log.includes(secret))
})

test('without a token nobody gets in, and is told how', async t => {
  const gateway = await startGateway(t, { env })
  const told = await refusal(gateway.url)
  assert.equal(told.status, 401)
  assert.match(String(told.headers['www-authenticate']), /^Bearer/)
  assert.equal(await refused(`${gateway.url}/?token=`), 401)
  assert.equal(await refused(gateway.url, ['bearer']), 401)
})

test('when its token expires a connection is closed with 4401, unless it was given a new one', async t => {
  const gateway = await startGateway(t, { env, listener })
  const fresh = await mint(gateway, '--user', 'anna', '--ttl', '1h')
  // Long enough for the command that renews it, also where starting it takes seconds.
  const short = await mint(gateway, '--user', 'anna', '--ttl', '10s')
  const authorization = { headers: { authorization: `Bearer ${short}` } }
  for (let i = 0; i < 4; i++) await connect(t, gateway.url, [], authorization)
  const own = (await gateway.events('client.open', 4)).map(line => line.conn)
  const put = (id: unknown, token: unknown) => gateway.call('PUT', `/connections/${id}/token`, { token })
  const answer = await put(own[1], fresh)
  assert.equal(answer.status, 200)
  assert.ok(new Date(answer.body.expiresAt).getTime() > Date.now() + 3_000_000)
  const command = await cli({ cwd: gateway.folder }, 'renew', String(own[2]), fresh)
  assert.equal(command.code, 0, command.err)
  const third = await put(own[3], fresh)
  assert.equal(third.status, 200)
  const closes = await gateway.line(line => line.event === 'client.close', 0, 30_000)
  assert.equal(closes.code, 4401)
  assert.equal(closes.conn, own[0])
  const left = (await gateway.call('GET', '/connections')).body.connections.map((c: { id: string }) => c.id)
  assert.deepEqual(left.sort(), [own[1], own[2], own[3]].sort())
})

test('a listener can renew a token that the client sends, and a bad one changes nothing', async t => {
  const gateway = await startGateway(t, { env, listener })
  const token = await mint(gateway, '--user', 'anna', '--ttl', '1m')
  const client = await connect(t, `${gateway.url}/?token=${token}`)
  const start = await gateway.event('client.open')
  await client.messages(1)
  client.send('renew garbage')
  client.send(`renew ${await mint(gateway, '--user', 'bert')}`)
  client.send(`renew ${await mint(gateway, '--user', 'anna')}`)
  assert.deepEqual((await client.messages(4)).slice(1), [
    'this is no valid token',
    "the token is another user's",
    'renewed',
  ])
  const put = (id: unknown, body: unknown) => gateway.call('PUT', `/connections/${id}/token`, body)
  assert.equal((await put(start.conn, { token: 'garbage' })).status, 400)
  assert.equal((await put(start.conn, { token: 5 })).status, 400)
  assert.equal((await put(start.conn, {})).status, 400)
  assert.equal((await put('unknown', { token })).status, 404)
  assert.equal((await gateway.call('GET', `/connections/${start.conn}/token`)).status, 405)
  const open = await startGateway(t)
  await connect(t, open.url)
  const { conn } = await open.event('client.open')
  assert.equal((await open.call('PUT', `/connections/${conn}/token`, { token })).status, 409)
})

test('gateway token: needs a secret, and says what is wrong', async t => {
  const gateway = await startGateway(t)
  const run = (given: Record<string, string>, ...words: string[]) =>
    cli({ cwd: gateway.folder, env: given }, 'token', ...words)
  const without = await run({}, '--user', 'anna')
  assert.equal(without.code, 1)
  assert.match(without.err, /WS_JWT_SECRET/)
  const given = { WS_JWT_SECRET: secret, WS_JWT_ISSUER: 'me', WS_JWT_AUDIENCE: 'a,b' }
  for (const words of [['--ttl', 'soon'], ['--claim', 'novalue'], ['--claim', 'sub=x'], ['word']]) {
    assert.equal((await run(given, ...words)).code, 2, words.join(' '))
  }
  const minted = await run(given, '--user', 'anna', '--ttl', '7d')
  const claims = JSON.parse(Buffer.from(minted.out.split('.')[1] ?? '', 'base64url').toString())
  assert.equal(claims.sub, 'anna')
  assert.equal(claims.iss, 'me')
  assert.equal(claims.aud, 'a')
  assert.equal(claims.exp - claims.iat, 7 * 86_400)
})

test('claims and user reach onClientHandshake, which may say who it is', async t => {
  const gateway = await startGateway(t, {
    env: { ...env, WS_MAX_CONNECTIONS_PER_USER: '1' },
    listener: {
      'listener.mjs': `export const onClientHandshake = data => {
        if (data.claims.role !== 'member') return false
        if (data.request.path === '/as') data.user = data.user + ':' + data.request.query.split('&')[0]
      }
      export const onClientOpen = data => data.conn.send(data.conn.user)`,
    },
  })
  const anna = await mint(gateway, '--user', 'anna', '--claim', 'role=member')
  const guest = await mint(gateway, '--user', 'guest')
  assert.equal(await refused(`${gateway.url}/?token=${guest}`), 401)
  const first = await connect(t, `${gateway.url}/?token=${anna}`)
  assert.deepEqual(await first.messages(1), ['anna'])
  assert.equal(await refused(`${gateway.url}/?token=${anna}`), 429)
  await first.close()
  await gateway.event('client.close')
  const second = await connect(t, `${gateway.url}/?token=${anna}`)
  assert.deepEqual(await second.messages(1), ['anna'])
})
