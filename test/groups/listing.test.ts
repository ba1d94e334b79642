/** Which groups there are, and who is in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, run, startScripted } from './scripted.ts'

test('GET /groups: by name, with all connections and distinct users', async t => {
  const gateway = await startScripted(t)
  assert.deepEqual((await gateway.call('GET', '/groups')).body, { groups: [] })
  await enter(t, gateway, { user: 'anna', groups: ['b', 'a'] })
  await enter(t, gateway, { user: 'anna', groups: ['b'] })
  await enter(t, gateway, { groups: ['b', 'Z', 'ü', '🚀', '\uffee'] })
  const one = { connections: 1, users: 0 }
  const groups = [
    { name: 'Z', ...one },
    { name: 'a', connections: 1, users: 1 },
    { name: 'b', connections: 3, users: 1 },
    { name: 'ü', ...one },
    // By code units: the first of the rocket's two comes before.
    { name: '🚀', ...one },
    { name: '\uffee', ...one },
  ]
  for (const query of ['', '?scope=node', '?scope=cluster', '?limit=6']) {
    assert.deepEqual((await gateway.call('GET', `/groups${query}`)).body, { groups }, query)
  }
  const status = (await gateway.call('GET', '/status')).body
  assert.deepEqual([status.groups, status.users], [6, 1])
})

test('GET /groups in pages: each once, also when the one that the next page goes on behind has gone', async t => {
  const gateway = await startScripted(t)
  const names = Array.from({ length: 25 }, (_, n) => `g/${String(n).padStart(2, '0')} ü`)
  const anna = await enter(t, gateway, { groups: [...names].reverse() })
  const seen: string[] = []
  let query = '?limit=10'
  for (let page = 0; page < 3; page++) {
    const { groups, next } = (await gateway.call('GET', `/groups${query}`)).body
    for (const { name } of groups) seen.push(name)
    assert.equal(next, page < 2 ? groups.at(-1).name : undefined)
    if (page === 0) await run(anna, `conn.leave(${JSON.stringify(next)})`)
    query = `?limit=10&after=${encodeURIComponent(next)}`
  }
  assert.deepEqual(seen, names)
})

test('GET /groups/G/members: each user once and in order, with what others may see of them', async t => {
  const gateway = await startScripted(t)
  const group = 'a/b ü'
  const path = `/groups/${encodeURIComponent(group)}/members`
  const groups = [group]
  assert.deepEqual((await gateway.call('GET', path)).body, { group, connections: 0, users: 0, members: [] })
  await enter(t, gateway, { user: 'ben', groups })
  const anna = await enter(t, gateway, { user: 'anna', groups })
  await enter(t, gateway, { user: 'anna', groups })
  await enter(t, gateway, { groups })
  await enter(t, gateway, { user: 'elsewhere', groups: ['other'] })
  await run(anna, 'conn.info = { name: "Anna", tags: [1, null] }')
  const members = [{ user: 'anna', info: { name: 'Anna', tags: [1, null] } }, { user: 'ben' }]
  for (const scope of ['', '?scope=node', '?scope=cluster']) {
    const { body } = await gateway.call('GET', `${path}${scope}`)
    assert.deepEqual(body, { group, connections: 4, users: 2, members }, scope)
  }
})

test('members in pages', async t => {
  const gateway = await startScripted(t)
  const users = Array.from({ length: 7 }, (_, n) => `user/${n} ü`)
  for (const user of users) await enter(t, gateway, { user, groups: ['a'] })
  const seen: string[] = []
  let query = '?limit=3'
  for (let page = 0; page < 3; page++) {
    const {
      members,
      next,
      connections,
      users: count,
    } = (await gateway.call('GET', `/groups/a/members${query}`)).body
    assert.deepEqual([connections, count], [7, 7])
    for (const { user } of members) seen.push(user)
    assert.equal(next, page < 2 ? members.at(-1).user : undefined)
    query = `?limit=3&after=${encodeURIComponent(next)}`
  }
  assert.deepEqual(seen, users)
  assert.ok(!('next' in (await gateway.call('GET', '/groups/a/members?limit=7')).body))
})

test('a limit or a scope that is none is 400', async t => {
  const gateway = await startScripted(t)
  for (const path of ['/groups', '/groups/a/members', '/connections']) {
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=-1', 'limit=', 'scope=world', 'scope=']) {
      assert.equal((await gateway.call('GET', `${path}?${query}`)).status, 400, `${path}?${query}`)
    }
    assert.equal((await gateway.call('GET', `${path}?limit=1000&scope=cluster`)).status, 200)
    assert.equal((await gateway.call('HEAD', path)).status, 200)
  }
})

test('GET /connections tells groups, user and info of each', async t => {
  const gateway = await startScripted(t)
  const anna = await enter(t, gateway, { user: 'anna', groups: ['a'] })
  await run(anna, 'conn.info = "blue"')
  await enter(t, gateway)
  const { connections } = (await gateway.call('GET', '/connections?scope=node')).body
  const told = connections.map(({ groups, user, info }: Record<string, unknown>) => [
    groups ?? [],
    user,
    info,
  ])
  assert.deepEqual(told, [
    [['a'], 'anna', 'blue'],
    [[], undefined, undefined],
  ])
})
