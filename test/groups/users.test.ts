/** Who a connection is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { enter, run, startScripted, texts } from './scripted.ts'

test('the listener says who it is, says otherwise, and takes it back', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway)
  const reach = async () => {
    const answers = [
      gateway.push({ message: 'x', users: ['anna'] }),
      gateway.push({ message: 'x', users: ['ben'] }),
    ]
    return (await Promise.all(answers)).map(({ body }) => body.recipients)
  }
  assert.equal(await run(anna, 'return conn.user'), null)
  assert.deepEqual(await reach(), [0, 0])
  assert.equal(await run(anna, 'conn.user = "anna"; return conn.user'), 'anna')
  assert.deepEqual(await reach(), [1, 0])
  assert.equal((await gateway.call('GET', `/connections/${anna.id}`)).body.user, 'anna')
  assert.equal(await run(anna, 'conn.user = "ben"; return conn.user'), 'ben')
  assert.deepEqual(await reach(), [0, 1])
  for (const nobody of ['undefined', 'null']) {
    await run(anna, 'conn.user = "anna"')
    assert.equal(await run(anna, `conn.user = ${nobody}; return String(conn.user)`), 'undefined')
    assert.deepEqual(await reach(), [0, 0])
    assert.ok(!('user' in (await gateway.call('GET', `/connections/${anna.id}`)).body))
  }
  assert.equal((await texts(anna)).length, 2)
})

test('what is no text, or an empty one, is a TypeError and changes nothing', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna' })
  for (const bad of ['""', '1', '0', 'false', '{}', '["anna"]', 'Symbol()']) {
    assert.match(String(await run(anna, `conn.user = ${bad}`)), /^TypeError: ./, bad)
  }
  assert.equal(await run(anna, 'return conn.user'), 'anna')
})

test('a user of several connections, with a name that JavaScript knows otherwise', async t => {
  const gateway = await startScripted(t)
  for (const user of ['__proto__', 'a/b ü', 'constructor']) {
    const tabs = [await enter(t, gateway, { user }), await enter(t, gateway, { user })]
    assert.deepEqual((await gateway.push({ message: 'x', users: [user] })).body, { recipients: 2 })
    for (const tab of tabs) assert.deepEqual(await texts(tab), ['x'])
    await tabs[0]?.close()
    await gateway.line(({ msg, user: of }) => msg === 'closed' && of === user)
    assert.deepEqual((await gateway.push({ message: 'y', users: [user] })).body, { recipients: 1 })
  }
})

test('what onClientHandshake says is the user from the start', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `export const onClientHandshake = data => { data.user = data.request.query }
export const onClientOpen = data => data.conn.send(data.conn.user)`,
    },
  })
  const anna = await connect(t, `${gateway.url}/?anna`)
  assert.deepEqual(await anna.messages(1), ['anna'])
  assert.deepEqual((await gateway.push({ message: 'x', users: ['anna'] })).body, { recipients: 1 })
})

test('WS_MAX_CONNECTIONS_PER_USER counts who was let in, also when the listener renames it', async t => {
  const gateway = await startGateway(t, {
    env: { WS_MAX_CONNECTIONS_PER_USER: '1' },
    listener: {
      'listener.mjs': `export const onClientHandshake = data => { data.user = data.request.query }
export const onClientOpen = data => { if (data.conn.user === 'anna') data.conn.user = 'ben' }
export const onMessage = data => { if (data.conn) data.conn.user = data.message }
export const onClientClose = (data, gateway) => gateway.log.info('closed')`,
    },
  })
  for (let n = 1; n <= 3; n++) {
    const anna = await connect(t, `${gateway.url}/?anna`)
    const ben = await connect(t, `${gateway.url}/?carl`)
    assert.equal(await refused(`${gateway.url}/?carl`), 429)
    await Promise.all([anna.close(), ben.close()])
    await gateway.until(
      'both closed',
      () => gateway.lines.filter(({ msg }) => msg === 'closed').length === 2 * n,
    )
  }
})

test('DELETE /users/U closes all of theirs, with a code and a reason', async t => {
  const gateway = await startScripted(t)
  const user = 'a/b ü'
  const path = `/users/${encodeURIComponent(user)}`
  const tabs = [await enter(t, gateway, { user }), await enter(t, gateway, { user })]
  const ben = await enter(t, gateway, { user: 'ben' })
  const bye = encodeURIComponent('grüße')
  const answer = await gateway.call('DELETE', `${path}?code=4001&reason=${bye}`)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { user, connections: 2, code: 4001, reason: 'grüße' })
  for (const tab of tabs) assert.deepEqual(await tab.closed, { code: 4001, reason: 'grüße' })
  const again = await gateway.call('DELETE', path)
  assert.deepEqual([again.status, again.body], [200, { user, connections: 0, code: 1000, reason: '' }])
  for (const query of ['code=1005', 'code=999', 'code=x', 'code=', `reason=${'x'.repeat(124)}`]) {
    assert.equal((await gateway.call('DELETE', `/users/ben?${query}`)).status, 400, query)
  }
  assert.equal(await run(ben, 'return conn.isOpen'), true)
  await gateway.call('DELETE', '/users/ben')
  assert.deepEqual(await ben.closed, { code: 1000, reason: '' })
  const wrong = await gateway.call('GET', '/users/ben')
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'DELETE'])
  assert.equal((await gateway.call('DELETE', '/users/%zz')).status, 400)
})
