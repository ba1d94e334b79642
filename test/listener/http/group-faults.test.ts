/** What an application may not answer about groups, and what waits for it while it is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answered, startApplication } from '../../support/application.ts'
import { connect, refused } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'

test('events without a place for them: recipients of a handshake and an open, members of a push and a close', async t => {
  const answers: Record<string, Answered> = {
    open: { users: ['a'] },
    push: { join: ['a'] },
    close: { leave: ['a'] },
  }
  const application = await startApplication(t, ({ event, body }) =>
    body.conn?.path === '/bad' ? { groups: ['a'] } : answers[event],
  )
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  assert.equal(await refused(`${gateway.url}/bad`), 503)
  const client = await connect(t, gateway.url)
  assert.equal((await gateway.push({ message: 'x' })).status, 500)
  await client.close()
  const faults = (await gateway.events('listener.error', 4)).map(
    ({ msg = '' }) => /"\w+" is no key/.exec(msg)?.[0],
  )
  const expected = ['groups', 'users', 'join', 'leave'].map(key => `"${key}" is no key`)
  assert.deepEqual(faults.sort(), expected.sort())
})

test('null is no list of groups or users, and so never "everyone"', async t => {
  const answers = [{ groups: null }, { users: null }, { join: null }, { leave: null }, { groups: [null] }]
  const application = await startApplication(t, ({ event }) =>
    event === 'message' ? answers.shift() : undefined,
  )
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  const client = await connect(t, gateway.url)
  for (let n = answers.length; n > 0; n--) client.send('never')
  client.send('last')
  await gateway.events('listener.error', 5)
  assert.deepEqual(await client.messages(1), ['last'])
})

test('while the application is away, a leave waits, and comes once it is back', async t => {
  const application = await startApplication(t, ({ event }) =>
    event === 'handshake' ? { user: 'anna', join: ['a'], info: [1] } : undefined,
  )
  const env = {
    WS_LISTENER: application.url,
    WS_LISTENER_EVENTS: 'handshake,group-join,group-leave',
    WS_PRESENCE_GRACE_MS: '0',
  }
  const gateway = await startGateway(t, { env })
  const anna = await connect(t, gateway.url)
  await application.event('group-join')
  await application.stop()
  await anna.close()
  await gateway.event('client.close')
  await application.start()
  const { body } = await application.event('group-leave')
  assert.deepEqual(body, { event: 'group-leave', gateway: 'websocket', group: 'a', user: 'anna', info: [1] })
})
