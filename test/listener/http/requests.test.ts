/** What the gateway tells an application, seen by an application. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Webhook } from 'standardwebhooks'
import { schemaText } from '../../../scripts/docs.ts'
import { readConfig } from '../../../src/config.ts'
import { answers } from '../../../src/listener/http/schema.ts'
import { type Asked, startApplication, type TestApplication } from '../../support/application.ts'
import { connect } from '../../support/client.ts'
import { type GatewayProcess, root, startGateway, temporaryFolder } from '../../support/gateway.ts'

const schemaFile = join(root, 'docs', 'http-listener.schema.json')
/** As a developer of an application would take it: from the docs, with a validator of their own. */
const isRequest = new Ajv2020().compile(JSON.parse(readFileSync(schemaFile, 'utf8')))

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

function gatewayFor(
  t: TestContext,
  application: TestApplication,
  env: Record<string, string> = {},
): Promise<GatewayProcess> {
  return startGateway(t, { env: { WS_LISTENER: application.url, ...env } })
}

/** One of each event, with all that belongs to it. */
async function oneOfEach(t: TestContext, env: Record<string, string> = {}): Promise<Asked[]> {
  const application = await startApplication(t, ({ event }) =>
    event === 'handshake' ? { state: { room: 'cats' }, user: 'anna' } : undefined,
  )
  const gateway = await gatewayFor(t, application, env)
  const client = await connect(t, `${gateway.url}/chat?room=cats&x=%20`, ['chat.v2', 'chat.v1'], {
    headers: { cookie: 'session=a%20b; theme=dark', 'x-own': 'yes' },
  })
  client.send('hello')
  await client.messages(1)
  client.send(Buffer.from([0, 255, 1]))
  await client.messages(2)
  const pushed = { message: { price: 42 }, room: 'cats', nested: [1, null] }
  assert.deepEqual((await gateway.push(pushed)).body, { recipients: 1 })
  await gateway.push({ message: 'AP8=', encoding: 'base64', except: ['nobody'] })
  assert.deepEqual(await client.messages(4), [
    'hello',
    Buffer.from([0, 255, 1]),
    '{"price":42}',
    Buffer.from([0, 255]),
  ])
  client.ws.close(4001, 'enough')
  await application.event('close')
  return application.asked
}

test('the requests are those of the documented schema', async t => {
  assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'run npm run docs')
  const known = Object.keys(answers)
  const eventsBy = (env: Record<string, string>) =>
    readConfig(env, temporaryFolder(t)).settings.listenerEvents
  assert.deepEqual(
    eventsBy({}),
    known.filter(event => !event.startsWith('group-')),
  )
  assert.deepEqual(eventsBy({ WS_LISTENER_EVENTS: known.join() }), known)
  const asked = await oneOfEach(t)
  assert.deepEqual(
    asked.map(({ event }) => event),
    ['handshake', 'open', 'message', 'message', 'push', 'push', 'close'],
  )
  for (const { body, method, url, headers } of asked) {
    assert.ok(isRequest(body), JSON.stringify([body, isRequest.errors]))
    assert.equal(method, 'POST')
    assert.equal(url, '/websocket')
    assert.equal(headers['content-type'], 'application/json')
    assert.match(headers['user-agent'] ?? '', /^websocket-gateway\/\d/)
  }
  const [handshake, open, text, binary, push, binaryPush, close] = asked.map(({ body }) => body)
  const { id } = open.conn
  assert.match(id, /^[0-9a-z]{13}-1$/)
  const who = { id, ip: '127.0.0.1', path: '/chat', query: 'room=cats&x=%20' }
  const told = { ...who, user: 'anna', groups: [], state: { room: 'cats' } }
  const cookies = { session: 'a b', theme: 'dark' }
  const { headers, ...shaking } = handshake.conn
  assert.deepEqual(shaking, {
    ...who,
    groups: [],
    state: {},
    cookies,
    secure: false,
    protocols: ['chat.v2', 'chat.v1'],
  })
  assert.equal(headers['x-own'], 'yes')
  assert.deepEqual(open.conn, { ...told, cookies, headers, secure: false, protocol: 'chat.v2' })
  const gateway = 'websocket'
  assert.deepEqual(text, { event: 'message', gateway, conn: told, message: 'hello' })
  assert.deepEqual(binary, { event: 'message', gateway, conn: told, message: 'AP8B', encoding: 'base64' })
  const further = { room: 'cats', nested: [1, null] }
  assert.deepEqual(push, { event: 'push', gateway, message: { price: 42 }, ...further })
  const bytes = { message: 'AP8=', encoding: 'base64', except: ['nobody'] }
  assert.deepEqual(binaryPush, { event: 'push', gateway, ...bytes })
  assert.deepEqual(close, { event: 'close', gateway, conn: told, code: 4001, reason: 'enough' })
})

test('each request is signed, as the reference library of Standard Webhooks has it', async t => {
  const asked = await oneOfEach(t, { WS_LISTENER_SECRET: SECRET })
  for (const { text, headers } of asked) new Webhook(SECRET).verify(text, headers as Record<string, string>)
  const ids = new Set(asked.map(({ headers }) => headers['webhook-id']))
  assert.equal(ids.size, asked.length)
  const [first] = asked
  assert.throws(() =>
    new Webhook('whsec_AAAA').verify(first?.text ?? '', first?.headers as Record<string, string>),
  )
})

test('a secret that is a text, and two of them while one replaces the other', async t => {
  for (const [secret, keys] of [
    ['a new one, an old one', ['a new one', 'an old one']],
    ['one that has no comma', ['one that has no comma']],
    [`${SECRET} , old secret`, [SECRET, 'old secret']],
  ] as const) {
    const application = await startApplication(t)
    const gateway = await gatewayFor(t, application, { WS_LISTENER_SECRET: secret })
    await gateway.push({ message: 'x' })
    const { text, headers } = await application.event('push')
    assert.equal(String(headers['webhook-signature']).split(' ').length, keys.length)
    for (const key of keys) {
      const webhook = key.startsWith('whsec_') ? new Webhook(key) : new Webhook(key, { format: 'raw' })
      webhook.verify(text, headers as Record<string, string>)
    }
  }
})

test('without a secret there is no signature, and the log warns', async t => {
  const application = await startApplication(t)
  const gateway = await gatewayFor(t, application)
  await gateway.push({ message: 'x' })
  const { headers } = await application.event('push')
  assert.equal(headers['webhook-signature'], undefined)
  assert.match(String(headers['webhook-id']), /^\S+$/)
  assert.match(gateway.lines.map(({ msg }) => msg).join('\n'), /WS_LISTENER_SECRET is not set/)
})

test('a Unix socket, which may come later than the gateway', async t => {
  const socketPath = join(temporaryFolder(t), 'app.sock')
  const application = await startApplication(t, () => ({ message: 'answered' }), { socketPath })
  await application.stop()
  const gateway = await gatewayFor(t, application, { WS_LISTENER_EVENTS: 'message' })
  await gateway.event('listener.away')
  const client = await connect(t, gateway.url)
  client.send('x')
  await application.start()
  assert.deepEqual(await client.messages(1), ['answered'])
  assert.equal(application.asked[0]?.url, '/websocket')
})

test('only the events that are asked for reach the application; the others go as without a listener', async t => {
  const application = await startApplication(t, ({ body }) => ({
    message: `${body.message}, by the application`,
  }))
  const gateway = await gatewayFor(t, application, { WS_LISTENER_EVENTS: 'push' })
  assert.match(
    gateway.lines.map(({ msg }) => msg).join('\n'),
    /no "message": what a client sends goes to everyone/,
  )
  const client = await connect(t, gateway.url)
  client.send('to all')
  await client.messages(1)
  await gateway.push({ message: 'pushed' })
  assert.deepEqual(await client.messages(2), ['to all', 'pushed, by the application'])
  await client.close()
  await gateway.event('client.close')
  assert.deepEqual(
    application.asked.map(({ event }) => event),
    ['push'],
  )
})

test('a token: its claims, and the user', async t => {
  const application = await startApplication(t)
  const secret = 'a secret for tokens, long enough for it'
  const gateway = await gatewayFor(t, application, { WS_JWT_SECRET: secret })
  const { SignJWT } = await import('jose')
  const token = await new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('anna')
    .setExpirationTime('1h')
    .sign(Buffer.from(secret))
  const client = await connect(t, `${gateway.url}/?token=${token}`)
  await client.close()
  await application.event('close')
  for (const { body } of application.asked) {
    const { user, claims } = body.conn
    assert.deepEqual([user, claims.sub, claims.role], ['anna', 'anna', 'admin'])
    assert.ok(isRequest(body), JSON.stringify([body, isRequest.errors]))
  }
  assert.doesNotMatch(JSON.stringify(gateway.lines), /eyJ/)
})

test('a push with a key that the request has itself is refused', async t => {
  const application = await startApplication(t)
  const gateway = await gatewayFor(t, application)
  const answer = await gateway.push({ message: 'x', event: 'mine' })
  assert.equal(answer.status, 400)
  assert.match(answer.body.detail, /"event"/)
  assert.deepEqual(application.asked, [])
})
