/** Groups that the application decides on, through the control API. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, run, startScripted, told } from './scripted.ts'

const group = 'a/b ü'
const G = encodeURIComponent(group)

test('one connection joins and leaves', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { groups: ['own'] })
  const ben = await enter(t, gateway)
  const put = await gateway.call('PUT', `/groups/${G}/connections/${anna.id}`)
  assert.deepEqual([put.status, put.body], [200, { group, id: anna.id, connections: 1 }])
  assert.equal((await gateway.call('PUT', `/groups/${G}/connections/${anna.id}`)).status, 200)
  assert.deepEqual(await run(anna, 'return conn.groups'), ['own', group])
  assert.deepEqual(await run(ben, 'return conn.groups'), [])
  assert.deepEqual((await gateway.push({ message: 'x', groups: [group] })).body, { recipients: 1 })
  const deleted = await gateway.call('DELETE', `/groups/${G}/connections/${anna.id}`)
  assert.deepEqual([deleted.status, deleted.body], [200, { group, id: anna.id, connections: 1 }])
  assert.deepEqual(await run(anna, 'return conn.groups'), ['own'])
})

test('a user joins and leaves, with the connections that are open now', async t => {
  const gateway = await startScripted(t)
  const user = 'ü/1'
  const U = encodeURIComponent(user)
  const tabs = [await enter(t, gateway, { user }), await enter(t, gateway, { user })]
  await enter(t, gateway, { user: 'ben' })
  const put = await gateway.call('PUT', `/groups/${G}/users/${U}`)
  assert.deepEqual([put.status, put.body], [200, { group, user, connections: 2 }])
  assert.deepEqual(await told(gateway, 1), [`joined ${group} ${user}`])
  const late = await enter(t, gateway, { user })
  assert.deepEqual(await run(late, 'return conn.groups'), [])
  for (const tab of tabs) assert.deepEqual(await run(tab, 'return conn.groups'), [group])
  assert.deepEqual((await gateway.push({ message: 'x', groups: [group] })).body, { recipients: 2 })
  const deleted = await gateway.call('DELETE', `/groups/${G}/users/${U}`)
  assert.deepEqual([deleted.status, deleted.body.group, deleted.body.user], [200, group, user])
  for (const tab of tabs) assert.deepEqual(await run(tab, 'return conn.groups'), [])
  const nobody = await gateway.call('PUT', `/groups/${G}/users/nobody`)
  assert.deepEqual([nobody.status, nobody.body], [200, { group, user: 'nobody', connections: 0 }])
  assert.deepEqual((await gateway.call('GET', '/groups')).body, { groups: [] })
})

test('what cannot be is refused with its problem document', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna' })
  const long = 'x'.repeat(257)
  const cases: [string, string, number, string?][] = [
    ['PUT', '/groups/a/connections/unknown', 404],
    ['DELETE', '/groups/a/connections/unknown', 404],
    ['PUT', `/groups/${long}/connections/${anna.id}`, 400],
    ['DELETE', `/groups/${long}/connections/${anna.id}`, 400],
    ['PUT', `/groups/${long}/users/anna`, 400],
    ['DELETE', `/groups/${long}/users/anna`, 400],
    ['GET', `/groups/${long}/members`, 400],
    ['PUT', `/groups/%zz/connections/${anna.id}`, 400],
    ['PUT', `/groups/%ED%A0%80/connections/${anna.id}`, 400],
    ['PUT', '/groups/a/users/%zz', 400],
    ['PUT', '/groups/a', 404],
    ['PUT', '/groups/a/connections', 404],
    ['PUT', '/groups/a/users/anna/more', 404],
    ['PUT', '/groups/a/sockets/1', 404],
    ['GET', `/groups/a/connections/${anna.id}`, 405, 'PUT, DELETE'],
    ['POST', '/groups/a/users/anna', 405, 'PUT, DELETE'],
    ['POST', '/groups', 405, 'GET, HEAD'],
    ['DELETE', '/groups/a/members', 405, 'GET, HEAD'],
  ]
  for (const [method, path, status, allow] of cases) {
    const answer = await gateway.call(method, path)
    const what = `${method} ${path}`
    assert.equal(answer.status, status, what)
    assert.equal(answer.headers['content-type'], 'application/problem+json', what)
    assert.equal(answer.body.status, status, what)
    assert.ok(answer.body.detail, what)
    assert.equal(answer.headers.allow, allow, what)
  }
  assert.deepEqual(await run(anna, 'return conn.groups'), [])
})
