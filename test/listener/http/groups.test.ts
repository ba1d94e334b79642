/** Groups, users and presence, decided by an application. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Answered, type Asked, startApplication } from '../../support/application.ts'
import { connect } from '../../support/client.ts'
import { root, startGateway } from '../../support/gateway.ts'

type Answers = Partial<Record<string, (asked: Asked) => Answered | Promise<Answered>>>

const ALL = 'handshake,open,message,close,push,group-join,group-leave'

const schemaFile = join(root, 'docs', 'http-listener.schema.json')
const isRequest = new Ajv2020().compile(JSON.parse(readFileSync(schemaFile, 'utf8')))

/** A gateway whose application answers by event; 204 to those that are left out. */
async function gatewayThat(t: TestContext, answers: Answers, env: Record<string, string> = {}) {
  const application = await startApplication(t, asked => answers[asked.event]?.(asked))
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_PRESENCE_GRACE_MS: '0', ...env },
  })
  return { application, gateway }
}

/** Clients say what the application shall answer. */
const asTold = ({ body }: Asked) => JSON.parse(body.message)

test('user, info, join and leave count from the handshake on, and come back with each event', async t => {
  const { application, gateway } = await gatewayThat(
    t,
    {
      handshake: () => ({ user: 'anna', info: { n: 1 }, join: ['b', 'c', 'c'], leave: ['a'] }),
      open: () => ({ join: ['d'], leave: ['b', 'nowhere'] }),
      message: asTold,
    },
    { WS_PATH: '/ws/:group' },
  )
  const client = await connect(t, `${gateway.url}/ws/a`)
  for (const answer of [
    { user: 'ann', info: [2], message: null },
    { leave: ['c', 'd'], join: ['d', 'e'], message: null },
    { user: null, info: null, message: null },
  ]) {
    client.send(JSON.stringify(answer))
  }
  await application.until('all messages', () => application.of('message').length === 3)
  client.ws.close()
  await application.event('close')
  for (const { body } of application.asked) assert.ok(isRequest(body), JSON.stringify(isRequest.errors))
  const seen = application.asked.map(({ event, body }) => [
    event,
    body.conn.groups,
    body.conn.user,
    body.conn.info,
  ])
  assert.deepEqual(seen, [
    ['handshake', ['a'], undefined, undefined],
    ['open', ['b', 'c'], 'anna', { n: 1 }],
    ['message', ['c', 'd'], 'anna', { n: 1 }],
    ['message', ['c', 'd'], 'ann', [2]],
    ['message', ['d', 'e'], 'ann', [2]],
    ['close', ['d', 'e'], undefined, undefined],
  ])
  const { groups, users } = (await gateway.call('GET', '/status')).body
  assert.deepEqual([groups, users], [0, 0])
})

test('a message goes to groups, users and connections, to nobody twice; who joins by the same answer gets it', async t => {
  const { application, gateway } = await gatewayThat(t, {
    open: ({ body }) => ({ user: body.conn.path.slice(1) }),
    message: asTold,
  })
  const anna = await connect(t, `${gateway.url}/anna`)
  const ben = await connect(t, `${gateway.url}/ben`)
  const eve = await connect(t, `${gateway.url}/eve`)
  const opened = await application.until(
    'three',
    () => application.of('open').length === 3 && application.of('open'),
  )
  const idOf = (path: string) => opened.find(({ body }) => body.conn.path === path)?.body.conn.id
  const say = (answer: object) => anna.send(JSON.stringify(answer))
  say({ message: 1, join: ['cats'], groups: ['cats'] })
  say({ message: 2, users: ['ben', 'nobody'] })
  say({ message: 3, groups: ['cats'], users: ['anna', 'ben'], connections: [idOf('/anna')] })
  say({ message: 4, groups: ['cats'], users: ['ben'], except: [idOf('/anna')] })
  say({ message: 5, groups: [] })
  say({ message: 6, groups: ['cats'], leave: ['cats'] })
  say({ message: 7, users: ['eva'], user: 'eva' })
  say({ message: 8, groups: ['cats'], connections: [idOf('/eve')] })
  await eve.messages(1)
  for (const client of [anna, ben]) await client.messages(3)
  assert.deepEqual([anna.got, ben.got, eve.got], [['1', '3', '7'], ['2', '3', '4'], ['8']])
})

test('a push tells its groups and users, and the answer may name others', async t => {
  const { application, gateway } = await gatewayThat(t, {
    handshake: ({ body }) => ({ join: [body.conn.path.slice(1)] }),
    push: ({ body }) => body.answer,
  })
  const cat = await connect(t, `${gateway.url}/cats`)
  const dog = await connect(t, `${gateway.url}/dogs`)
  const push = async (pushed: object) => (await gateway.push(pushed)).body.recipients
  assert.equal(await push({ message: 'a', groups: ['cats'], users: ['x'] }), 1)
  assert.equal(await push({ message: 'b', groups: ['cats'], answer: { groups: ['dogs'] } }), 1)
  assert.equal(await push({ message: 'c', groups: ['cats', 'dogs'], answer: { message: 'C' } }), 2)
  assert.equal(await push({ message: 'd', answer: { users: [] } }), 0)
  assert.deepEqual(await cat.messages(2), ['a', 'C'])
  assert.deepEqual(await dog.messages(2), ['b', 'C'])
  const [first] = application.of('push')
  assert.deepEqual(first?.body, {
    ...{ event: 'push', gateway: 'websocket', message: 'a' },
    ...{ groups: ['cats'], users: ['x'] },
  })
  for (const { body } of application.asked) assert.ok(isRequest(body), JSON.stringify(isRequest.errors))
})

test('group-join and group-leave, when they are asked for: once for a user, and their answers send and close', async t => {
  const { application, gateway } = await gatewayThat(
    t,
    {
      handshake: ({ body }) =>
        body.conn.path === '/watch' ? {} : { user: body.conn.path.slice(1), info: { n: 1 }, join: ['cats'] },
      message: asTold,
      'group-join': ({ body }) => ({ send: [{ to: watcher, message: [body.event, body.user, body.info] }] }),
      'group-leave': ({ body }) => ({
        send: [{ to: [watcher], message: [body.event, body.user] }],
        close: [{ id: watcher, code: 4000, reason: 'enough' }],
      }),
    },
    { WS_LISTENER_EVENTS: ALL },
  )
  const watch = await connect(t, `${gateway.url}/watch`)
  const watcher = (await application.event('open')).body.conn.id
  const anna = await connect(t, `${gateway.url}/anna`)
  const second = await connect(t, `${gateway.url}/anna`)
  assert.deepEqual(await watch.messages(1), ['["group-join","anna",{"n":1}]'])
  anna.send('{"leave": ["cats"], "message": "left", "users": ["anna"]}')
  await anna.messages(1)
  await second.close()
  assert.deepEqual(await watch.closed, { code: 4000, reason: 'enough' })
  assert.deepEqual(watch.got.slice(1), ['["group-leave","anna"]'])
  const told = application.asked.filter(({ event }) => event.startsWith('group-')).map(({ body }) => body)
  const who = { gateway: 'websocket', group: 'cats', user: 'anna', info: { n: 1 } }
  assert.deepEqual(told, [
    { event: 'group-join', ...who },
    { event: 'group-leave', ...who },
  ])
  for (const body of told) assert.ok(isRequest(body), JSON.stringify(isRequest.errors))
})

test('no connection waits for group-join, and its faults are counted and logged', async t => {
  const { application, gateway } = await gatewayThat(
    t,
    { handshake: () => ({ user: 'anna', join: ['cats'] }), 'group-join': () => ({ message: 'all' }) },
    { WS_LISTENER_EVENTS: ALL },
  )
  const client = await connect(t, gateway.url)
  client.send('x')
  await client.messages(1)
  await application.event('group-join')
  const { msg, hook } = await gateway.event('listener.error')
  assert.equal(hook, 'group-join')
  assert.match(
    msg ?? '',
    /"group-join" failed: "message" is no key of an answer to "group-join"; it takes send, close/,
  )
  assert.equal((await gateway.call('GET', '/status')).body.counters.listenerErrors, 1)
})

test('without being named, they are not asked; the leaves of a stop are', async t => {
  const answers = { handshake: () => ({ user: 'anna', join: ['cats'] }) }
  const quiet = await gatewayThat(t, answers)
  await connect(t, quiet.gateway.url)
  await quiet.gateway.stop()
  assert.deepEqual(
    quiet.application.asked.map(({ event }) => event),
    ['handshake', 'open', 'close'],
  )
  const told = await gatewayThat(t, answers, {
    WS_LISTENER_EVENTS: 'handshake,group-leave',
    WS_PRESENCE_GRACE_MS: '60000',
  })
  await connect(t, told.gateway.url)
  await told.gateway.stop()
  assert.deepEqual(
    told.application.asked.map(({ event }) => event),
    ['handshake', 'group-leave'],
  )
})

test('an answer with a bad name, user or info does nothing at all', async t => {
  const name = /a text of 1 to 256 characters, got/
  const bad: [object, RegExp][] = [
    [{ state: { a: 1 }, join: [''] }, new RegExp(`"join\\[0\\]" takes ${name.source} an empty one`)],
    [
      { user: 'eve', join: ['a', 'b'.repeat(257)] },
      new RegExp(`"join\\[1\\]" takes ${name.source} one of 257`),
    ],
    [{ join: 'cats' }, /"join" takes an array of groups' names, got "cats"/],
    [{ leave: [1] }, new RegExp(`"leave\\[0\\]" takes ${name.source} a number`)],
    [{ join: ['\ud800'] }, /"join\[0\]" takes .* half a surrogate pair/],
    [{ join: ['x'], user: '' }, /"user" takes a text that is not empty, got ""/],
    [{ join: ['x'], user: 7 }, /"user" takes a text, got a number/],
    [{ join: ['x'], info: 'é'.repeat(2048) }, /"info" takes a JSON value of at most 4096 bytes, got 4098/],
    [{ join: ['x'], groups: 'cats' }, /"groups" takes an array of groups' names, got "cats"/],
    [{ join: ['x'], groups: ['a', null] }, /"groups\[1\]" takes the name of a group, got null/],
    [{ join: ['x'], users: [{}] }, /"users\[0\]" takes the name of a user, got an object/],
    [{ join: Array(200_000).fill('') }, /"join\[0\]" takes .*, got an empty one$/],
  ]
  const { application, gateway } = await gatewayThat(t, { message: asTold })
  const client = await connect(t, gateway.url)
  for (const [answer, text] of bad) {
    const from = gateway.lines.length
    client.send(JSON.stringify(answer))
    assert.match((await gateway.event('listener.error', from)).msg ?? '', text)
  }
  client.send('{"message": "still here", "info": "good"}')
  assert.deepEqual(await client.messages(1), ['still here'])
  const { conn } = application.of('message').at(-1)?.body ?? {}
  assert.deepEqual([conn.groups, conn.state, 'user' in conn, 'info' in conn], [[], {}, false, false])
})

test('a user of another name is never seen with the info of the one before', async t => {
  const { application, gateway } = await gatewayThat(
    t,
    { handshake: () => ({ user: 'anna', info: 'of anna', join: ['cats'] }), message: asTold },
    { WS_LISTENER_EVENTS: ALL },
  )
  const client = await connect(t, gateway.url)
  client.send(JSON.stringify({ user: 'ben', info: 'of ben', message: null }))
  await application.event(({ event, body }) => event === 'group-join' && body.user === 'ben')
  await application.event('group-leave')
  const told = application.asked.filter(({ event }) => event.startsWith('group-'))
  assert.deepEqual(told.map(({ body }) => [body.event, body.user, body.info]).sort(), [
    ['group-join', 'anna', 'of anna'],
    ['group-join', 'ben', 'of ben'],
    ['group-leave', 'anna', 'of anna'],
  ])
})
