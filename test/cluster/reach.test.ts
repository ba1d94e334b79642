import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { enter, nodeId, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'

test('one connection is shown and closed by any node', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const { id, client } = await enter(t, three, 'user=anna&group=a&info=[1]')
  for (const node of nodes) {
    const { status, body } = await node.call('GET', `/connections/${id}`)
    assert.equal(status, 200)
    assert.equal(body.id, id)
    assert.equal(body.user, 'anna')
    assert.deepEqual(body.groups, ['a'])
    assert.deepEqual(body.info, [1])
  }
  const gone = `${id.slice(0, 14)}zz`
  for (const unknown of [gone, '0000000000000-1', 'x']) {
    for (const method of ['GET', 'DELETE'])
      assert.equal((await one.call(method, `/connections/${unknown}`)).status, 404, `${method} ${unknown}`)
    assert.equal((await one.call('PUT', `/groups/b/connections/${unknown}`)).status, 404)
  }
  assert.equal((await one.call('DELETE', `/connections/${id}?code=9`)).status, 400)
  const { status } = await two.call('DELETE', `/connections/${id}?code=4001&reason=bye`)
  assert.equal(status, 200)
  assert.deepEqual(await client.closed, { code: 4001, reason: 'bye' })
  await eventually('404', async () => (await one.call('GET', `/connections/${id}`)).status === 404)
})

test('a new token by another node', { skip: withoutRedis }, async t => {
  const env = { WS_JWT_SECRET: 'a secret that is long enough for HS256', WS_JWT_GROUPS_CLAIM: 'rooms' }
  const { nodes } = await startCluster(t, { env })
  const [one, , three] = nodes
  const mint = async (...words: string[]) =>
    (await cli({ cwd: one.folder, env }, 'token', '--user', 'anna', ...words)).out.trim()
  const token = await mint('--ttl', '60s', '--claim', 'rooms=["a","b"]')
  const { id } = await enter(t, three, `token=${token}`)
  const groups = async () => (await one.call('GET', `/connections/${id}`)).body.groups
  assert.deepEqual(await groups(), ['a', 'b'])
  const next = await mint('--ttl', '1h', '--claim', 'rooms=["b","c"]')
  const { status, body } = await one.call('PUT', `/connections/${id}/token`, { token: next })
  assert.equal(status, 200)
  assert.equal(body.id, id)
  assert.ok(new Date(body.expiresAt).getTime() > Date.now() + 3_000_000)
  assert.deepEqual((await groups()).toSorted(), ['b', 'c'])
  const bad = await one.call('PUT', `/connections/${id}/token`, { token: `${next}x` })
  assert.equal(bad.status, 400)
})

test('a user is closed on all nodes', { skip: withoutRedis }, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const tabs = [
    await enter(t, one, 'user=anna'),
    await enter(t, two, 'user=anna'),
    await enter(t, two, 'user=anna'),
  ]
  const other = await enter(t, two, 'user=bert')
  const { status, body } = await three.call('DELETE', '/users/anna?code=4003&reason=out')
  assert.equal(status, 200)
  assert.deepEqual(body, { user: 'anna', connections: 3, code: 4003, reason: 'out' })
  for (const { client } of tabs) assert.deepEqual(await client.closed, { code: 4003, reason: 'out' })
  assert.equal((await three.call('DELETE', '/users/anna')).body.connections, 0)
  assert.equal((await one.call('DELETE', '/users/bert?code=1')).status, 400)
  const by = await cli({ cwd: one.folder }, 'close', '--user', 'bert')
  assert.equal(by.code, 0, by.err)
  assert.equal((await other.client.closed).code, 1000)
})

test('connections and users are put into groups, and out again, on all nodes', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const tabs = [await enter(t, one, 'user=anna'), await enter(t, two, 'user=anna')]
  const bert = await enter(t, three, 'user=bert')
  const path = `/groups/${encodeURIComponent('a/ü')}`
  const put = await one.call('PUT', `${path}/connections/${bert.id}`)
  assert.deepEqual([put.status, put.body], [200, { group: 'a/ü', id: bert.id, connections: 1 }])
  const both = await three.call('PUT', `${path}/users/anna`)
  assert.deepEqual([both.status, both.body], [200, { group: 'a/ü', user: 'anna', connections: 2 }])
  await two.push({ message: 'in', groups: ['a/ü'] })
  for (const { messages } of [...tabs, bert]) assert.deepEqual(await messages(1), ['in'])
  assert.equal((await two.call('DELETE', `${path}/users/anna`)).body.connections, 2)
  await two.push({ message: 'left', groups: ['a/ü'] })
  assert.deepEqual(await bert.messages(2), ['in', 'left'])
  assert.equal((await two.call('DELETE', `${path}/connections/${bert.id}`)).status, 200)
  assert.equal((await one.call('PUT', `${path}/users/nobody`)).body.connections, 0)
  await two.push({ message: 'nobody', groups: ['a/ü'] })
  await two.push({ message: 'end' })
  assert.deepEqual(await bert.messages(3), ['in', 'left', 'end'])
  for (const { messages } of tabs) assert.deepEqual(await messages(2), ['in', 'end'])
  for (const name of ['', 'x'.repeat(257), '%ff'])
    assert.notEqual((await one.call('PUT', `/groups/${name}/users/anna`)).status, 200)
  assert.equal((await one.call('PUT', `/groups/${'x'.repeat(257)}/users/anna`)).status, 400)
})

test('the command shows the nodes, the groups, and the connections of all', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two] = nodes
  const { id } = await enter(t, two, 'user=anna&group=a')
  const run = async (...words: string[]) => {
    const { code, out, err } = await cli({ cwd: one.folder }, ...words)
    assert.equal(code, 0, err)
    return out
  }
  const status = await run('status')
  for (const node of nodes) assert.ok(status.includes(await nodeId(node)), status)
  assert.match(status, /joined/)
  assert.ok((await run('connections', '--cluster')).includes(id))
  assert.ok(!(await run('connections')).includes(id))
  assert.match(await run('groups'), /^a\b.*1/m)
  assert.deepEqual(JSON.parse(await run('groups', '--json')).groups, [
    { name: 'a', connections: 1, users: 1 },
  ])
  assert.match(await run('groups', 'a'), /anna/)
  await run('push', 'hello', '--group', 'a')
  await run('push', 'again', '--user', 'anna')
})
