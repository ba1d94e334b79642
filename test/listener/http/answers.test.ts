/** What an application may answer, and what becomes of it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Answer, type Answered, type Asked, startApplication } from '../../support/application.ts'
import { type Client, connect, refusal } from '../../support/client.ts'
import { type GatewayProcess, startGateway } from '../../support/gateway.ts'

type Answers = Partial<Record<string, (asked: Asked) => Answered | Promise<Answered>>>

/** A gateway whose application answers by event; 204 to those that are left out. */
async function gatewayThat(t: TestContext, answers: Answers, env: Record<string, string> = {}) {
  const application = await startApplication(t, asked => answers[asked.event]?.(asked))
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url, ...env } })
  return { application, gateway }
}

async function clients(t: TestContext, gateway: GatewayProcess, count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => connect(t, gateway.url)))
}

/** What a client has got after all that was sent before. */
async function got(client: Client): Promise<unknown[]> {
  await client.settled()
  return client.got
}

test('204, an empty body or blanks: a message goes to everyone', async t => {
  const empty = [undefined, new Answer(200), new Answer(202, ' \n'), new Answer(200, '\uFEFF')]
  const { gateway } = await gatewayThat(t, { message: () => empty.shift() })
  const [anna, ben] = await clients(t, gateway, 2)
  for (const text of ['1', '2', '3', '4']) anna?.send(text)
  for (const client of [anna, ben]) assert.deepEqual(await client?.messages(4), ['1', '2', '3', '4'])
})

test('message, encoding, connections, except', async t => {
  const answers: ((asked: Asked) => object)[] = [
    ({ body }) => ({ message: `${body.message}!` }),
    () => ({ message: { a: [1] } }),
    () => ({ message: null }),
    () => ({ message: 'AP8=', encoding: 'base64' }),
    ({ body }) => ({ connections: [body.conn.id, body.conn.id, 'nobody'] }),
    () => ({ connections: [] }),
    ({ body }) => ({ except: [body.conn.id] }),
    () => new Answer(200, '{"message": "with a mark"}', { 'content-type': 'text/html' }),
    () => ({}),
  ]
  const { gateway } = await gatewayThat(t, { message: asked => answers.shift()?.(asked) })
  const [anna, ben] = await clients(t, gateway, 2)
  for (let i = 1; i <= 9; i++) anna?.send(String(i))
  const all = ['1!', '{"a":[1]}', Buffer.from([0, 255]), '7', 'with a mark', '9']
  assert.deepEqual(await ben?.messages(6), all)
  assert.deepEqual(await anna?.messages(6), [...all.slice(0, 3), '5', ...all.slice(4)])
  assert.equal((await gateway.call('GET', '/status')).body.counters.unknownRecipients, 1)
})

test('state comes back with the next event, send goes to others, close closes after both', async t => {
  const ids: string[] = []
  const { application, gateway } = await gatewayThat(t, {
    open: ({ body }) => {
      ids.push(body.conn.id)
      return { state: { n: 0 }, send: [{ to: body.conn.id, message: { welcome: ids.length } }] }
    },
    message: ({ body: { conn, message } }) => ({
      state: message === 'reset' ? [] : { n: conn.state.n + 1 },
      send: [
        { to: ids, message: 'first' },
        { to: [ids[1], 'gone'], message: 'AQ==', encoding: 'base64' },
      ],
      close: message === 'end' ? [conn.id, { id: ids[1], code: 4002, reason: 'you too' }] : [],
    }),
  })
  const anna = await connect(t, gateway.url)
  await anna.messages(1)
  const ben = await connect(t, gateway.url)
  await ben.messages(1)
  for (const text of ['a', 'reset', 'end']) anna.send(text)
  assert.deepEqual(await anna.closed, { code: 1000, reason: '' })
  assert.deepEqual(await ben.closed, { code: 4002, reason: 'you too' })
  const mine = ['{"welcome":1}', 'first', 'a', 'first', 'reset', 'first', 'end']
  assert.deepEqual(anna.got, mine)
  const one = Buffer.from([1])
  assert.deepEqual(ben.got, ['{"welcome":2}', 'first', one, 'a', 'first', one, 'reset', 'first', one, 'end'])
  assert.deepEqual(
    application.of('message').map(({ body }) => body.conn.state),
    [{ n: 0 }, { n: 1 }, {}],
  )
  assert.equal((await gateway.call('GET', '/status')).body.counters.unknownRecipients, 3)
})

test('a push: changed, restricted, refused', async t => {
  const { gateway } = await gatewayThat(t, {
    push: ({ body }) => {
      if (body.room === 'bad') return new Answer(403, 'not that room')
      return { message: [body.message, body.room], except: body.except ?? [] }
    },
  })
  const [anna, ben] = await clients(t, gateway, 2)
  const [{ id }] = (await gateway.call('GET', '/connections')).body.connections
  assert.deepEqual((await gateway.push({ message: 'x', room: 'a' })).body, { recipients: 2 })
  assert.deepEqual((await gateway.push({ message: 'y', room: 'b', except: [id] })).body, { recipients: 1 })
  const refused = await gateway.push({ message: 'z', room: 'bad' })
  assert.equal(refused.status, 500)
  assert.match(refused.body.detail, /the application answered 403: "not that room"/)
  const both = [...((await got(anna as Client)) as string[]), ...((await got(ben as Client)) as string[])]
  assert.deepEqual(both.sort(), ['["x","a"]', '["x","a"]', '["y","b"]'])
})

test('a handshake: 2xx lets in, 4xx refuses with that status and the reason', async t => {
  const refusals: Record<string, Answered> = {
    '/plain': new Answer(403, 'not you', { 'content-type': 'text/plain; charset=utf-8' }),
    '/problem': new Answer(429, '{"detail": "later"}', { 'content-type': 'application/problem+json' }),
    '/html': new Answer(404, '<h1>Not found</h1>', { 'content-type': 'text/html' }),
    '/broken': new Answer(500, 'oops'),
    '/moved': new Answer(302, '', { location: '/login' }),
    '/unknown': { stat: {} },
    '/protocol': { protocol: 'chat.v9' },
    '/in': { protocol: 'chat.v1', state: { a: 1 }, user: 'anna' },
    '/created': new Answer(201),
  }
  const { application, gateway } = await gatewayThat(t, { handshake: ({ body }) => refusals[body.conn.path] })
  const refused = async (path: string) => {
    const { status, text } = await refusal(`${gateway.url}${path}`, ['chat.v2', 'chat.v1'])
    return [status, JSON.parse(text).detail]
  }
  assert.deepEqual(await refused('/plain'), [403, 'not you'])
  assert.deepEqual(await refused('/problem'), [429, 'later'])
  assert.deepEqual(await refused('/html'), [404, 'the application has refused this client (404)'])
  for (const path of ['/broken', '/moved', '/unknown', '/protocol']) {
    assert.deepEqual(await refused(path), [503, 'the application is not available at the moment'], path)
  }
  const faults = await gateway.events('listener.error', 4)
  const texts = faults.map(({ msg, hook }) => `${hook} ${msg}`)
  assert.equal(texts.length, 4)
  assert.match(texts[0] ?? '', /^handshake .*answered 500: "oops"/)
  assert.match(texts[1] ?? '', /answered 302, to "\/login": redirects are not followed/)
  assert.match(texts[2] ?? '', /"stat" is no key of an answer to "handshake"; did you mean "state"\?/)
  assert.match(texts[3] ?? '', /"protocol" takes a subprotocol that the client offers, got "chat.v9"/)

  const client = await connect(t, `${gateway.url}/in`, ['chat.v2', 'chat.v1'])
  assert.equal(client.ws.protocol, 'chat.v1')
  const { body } = await application.event('open')
  assert.deepEqual([body.conn.state, body.conn.user], [{ a: 1 }, 'anna'])
  await connect(t, `${gateway.url}/created`)
})

test('an answer that cannot be used is a fault: logged, and nothing of it is done', async t => {
  const bad: [Answered, RegExp][] = [
    [{ conections: [] }, /"conections" is no key of an answer to "message"; did you mean "connections"\?/],
    [{ xyzzyplugh: 1 }, /"xyzzyplugh" is no key of an answer to "message"; it takes message, encoding, /],
    [
      { state: { lost: true }, connections: { 1: 'x' } },
      /"connections" takes an array of connection ids, got an object/,
    ],
    [{ connections: null }, /"connections" takes an array of connection ids, got null/],
    [{ except: [1] }, /"except\[0\]" takes the id of a connection, got a number/],
    [{ message: 'not base64!', encoding: 'base64' }, /"message" is no base64 text/],
    [{ encoding: 'base64' }, /"message" is no base64 text/],
    [{ message: 'x', encoding: 'utf8' }, /"encoding" takes "base64", got "utf8"/],
    [{ state: 'x' }, /"state" takes an object, got "x"/],
    [{ send: [{ message: 'x' }] }, /"send\[0\]\.to" is missing/],
    [{ send: [{ to: 'x', message: 1, more: 2 }] }, /"more" is no key of "send\[0\]"/],
    [
      { close: [{ id: 'x', code: 1006 }] },
      /"close\[0\]\.code" takes a close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999, got a number/,
    ],
    [{ close: 'x' }, /"close" takes an array of connection ids, or of objects .*, got "x"/],
    [{ close: [{ id: 'x', code: '4000' }] }, /"close\[0\]\.code" takes a close code: .*, got "4000"/],
    [{ close: [{ id: 'x', reason: 'é'.repeat(70) }] }, /"close\[0\]": a close reason has at most 123 bytes/],
    [{ close: [{ code: 4000 }] }, /"close\[0\]\.id" is missing/],
    [{ close: [{ id: 'x', why: 1 }] }, /"why" is no key of "close\[0\]"/],
    [
      { send: [{ to: ['x', 1], message: 1 }] },
      /"send\[0\]\.to\[1\]" takes the id of a connection, got a number/,
    ],
    [[], /an answer is empty or a JSON object, got an array/],
    [[1], /an answer is empty or a JSON object, got an array/],
    [new Answer(200, 'null'), /an answer is empty or a JSON object, got null/],
    [
      new Answer(200, '<br>Warning: x'),
      /an answer is empty or a JSON object, and this is no JSON: "<br>Warning: x"/,
    ],
    [new Answer(400, 'no'), /the application answered 400: "no"/],
    [new Answer(200, '{}', { 'content-encoding': 'gzip' }), /Content-Encoding gzip/],
    [
      new Answer(200, `"${'x'.repeat(700_000)}"`),
      /the answer has \d+ bytes or more, and at most 665536 are taken/,
    ],
  ]
  const answers = bad.map(([answer]) => answer)
  const { application, gateway } = await gatewayThat(
    t,
    { message: () => answers.shift() },
    { WS_MAX_PAYLOAD_BYTES: '100000' },
  )
  const client = await connect(t, gateway.url)
  for (const [, text] of bad) {
    const from = gateway.lines.length
    client.send('x')
    const { msg, hook, conn } = await gateway.event('listener.error', from)
    assert.match(msg ?? '', text)
    assert.equal(hook, 'message')
    assert.match(String(conn), /-1$/)
  }
  client.send('still here')
  assert.deepEqual(await client.messages(1), ['still here'])
  assert.deepEqual(application.of('message').at(-1)?.body.conn.state, {})
  const { counters } = (await gateway.call('GET', '/status')).body
  assert.equal(counters.listenerErrors, bad.length)
})

test('what an event has no place for is a fault as well', async t => {
  const { gateway } = await gatewayThat(t, {
    open: () => ({ message: 'welcome' }),
    push: () => ({ state: {} }),
    close: () => ({ state: {} }),
  })
  const client = await connect(t, gateway.url)
  const { msg } = await gateway.event('listener.error')
  assert.match(
    msg ?? '',
    /"message" is no key of an answer to "open"; it takes state, user, info, join, leave, send, close/,
  )
  assert.equal((await gateway.push({ message: 'x' })).status, 500)
  await gateway.events('listener.error', 2)
  const from = gateway.lines.length
  await client.close()
  assert.match(
    (await gateway.event('listener.error', from)).msg ?? '',
    /"state" is no key of an answer to "close"/,
  )
})

test('keys that JavaScript knows otherwise do no harm', async t => {
  const { application, gateway } = await gatewayThat(t, {
    message: () => new Answer(200, '{"state": {"__proto__": {"admin": true}, "constructor": 1, "n": 2}}'),
  })
  const client = await connect(t, gateway.url)
  client.send('a')
  client.send('b')
  await client.messages(2)
  const { state } = application.of('message')[1]?.body.conn ?? {}
  assert.equal(state.n, 2)
  assert.equal(state.admin, undefined)
})
