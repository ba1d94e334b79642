import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApplication } from '../support/application.ts'
import { connect } from '../support/client.ts'
import { startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'

test('an application puts clients into groups, is told of presence once, and reaches clients of every node', {
  skip: withoutRedis,
}, async t => {
  const application = await startApplication(t, ({ event, body }) => {
    if (event === 'handshake')
      return { user: body.conn.query, join: ['lobby'], info: { name: body.conn.query } }
    if (event === 'open') return { join: ['a'], send: [{ to: body.conn.id, message: body.conn.id }] }
    if (event === 'message' && body.message === 'everyone') return { groups: ['lobby'] }
    if (event === 'message' && body.message.startsWith('user ')) return { users: [body.message.slice(5)] }
    if (event === 'message' && body.message.startsWith('close '))
      return { message: null, close: [{ id: body.message.slice(6), code: 4002, reason: 'told' }] }
    if (event === 'message') return { message: null, send: [{ to: [body.message], message: 'for you' }] }
    return undefined
  })
  const { nodes } = await startCluster(t, {
    listener: {},
    env: {
      WS_LISTENER: application.url,
      WS_LISTENER_EVENTS: 'handshake,open,message,push,group-join,group-leave',
    },
  })
  const [one, two, three] = nodes
  const anna = await connect(t, `${one.url}/?anna`)
  const bert = await connect(t, `${two.url}/?bert`)
  const bertAgain = await connect(t, `${three.url}/?bert`)
  const [id] = await bertAgain.messages(1)
  await Promise.all([anna.messages(1), bert.messages(1)])
  anna.send(String(id))
  assert.deepEqual((await bertAgain.messages(2))[1], 'for you')
  anna.send('everyone')
  for (const client of [anna, bert, bertAgain])
    await eventually('it at all', () => client.got.includes('everyone'))
  anna.send('user bert')
  for (const client of [bert, bertAgain])
    await eventually('it at his', () => client.got.includes('user bert'))
  assert.ok(!bert.got.includes('for you'))
  const open = application.of('open').map(({ body }) => body.conn)
  for (const conn of open) {
    assert.deepEqual(conn.groups, ['lobby'])
    assert.deepEqual(conn.info, { name: conn.user })
  }
  anna.send(`close ${id}`)
  assert.deepEqual(await bertAgain.closed, { code: 4002, reason: 'told' })
  await bert.close()
  await application.until('the leaves', () => application.of('group-leave').length >= 2)
  const of = (event: string) =>
    application
      .of(event)
      .map(({ body }) => `${body.group} ${body.user}`)
      .sort()
  assert.deepEqual(of('group-join'), ['a anna', 'a bert', 'lobby anna', 'lobby bert'])
  assert.deepEqual(of('group-leave'), ['a bert', 'lobby bert'])
  const { body } = await application.event('group-join')
  assert.deepEqual(Object.keys(body).sort(), ['event', 'gateway', 'group', 'info', 'user'])
  assert.ok(!anna.got.includes('user bert'))
})
