import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { enter, isTold, startCluster, told } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'

/** Who is in a group, in the whole cluster, as this node says. */
async function members(node: GatewayProcess, group: string): Promise<string[]> {
  const { body } = await node.call('GET', `/groups/${group}/members?scope=cluster`)
  return body.members.map(({ user }: { user: string }) => user)
}

test('two tabs on two nodes are one member: one join, and one leave after the last', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const first = await enter(t, one, 'user=anna&group=a&info={"name":"Anna"}')
  await isTold(nodes, 'join a anna {"name":"Anna"}')
  const second = await enter(t, two, 'user=anna&group=a&info={"name":"Anna"}')
  await enter(t, three, 'group=a')
  const marker = await enter(t, two, 'user=mark&group=a')
  await isTold(nodes, 'join a mark')
  assert.deepEqual(await members(three, 'a'), ['anna', 'mark'])
  await first.client.close()
  await marker.client.close()
  // Whoever left before it is told of before it.
  await isTold(nodes, 'leave a mark')
  assert.deepEqual(told(nodes), ['join a anna {"name":"Anna"}', 'join a mark', 'leave a mark'])
  assert.deepEqual(await members(three, 'a'), ['anna'])
  await second.client.close()
  await isTold(nodes, 'leave a anna {"name":"Anna"}')
  const { body } = await three.call('GET', '/groups/a/members?scope=cluster')
  assert.deepEqual(body, { group: 'a', connections: 1, users: 0, members: [] })
  const last = await enter(t, one, 'user=last&group=b')
  await last.client.close()
  await isTold(nodes, 'leave b last')
  assert.equal(told(nodes).filter(msg => msg.startsWith('leave a anna')).length, 1)
})

test('a reload of the page, and a move to another node, within the grace time are no leave', {
  skip: withoutRedis,
}, async t => {
  const grace = 5000
  const { nodes } = await startCluster(t, { env: { WS_PRESENCE_GRACE_MS: `${grace}` } })
  const [one, two, three] = nodes
  const anna = await enter(t, one, 'user=anna&group=a')
  const bert = await enter(t, one, 'user=bert&group=a')
  const marker = await enter(t, three, 'user=mark&group=a')
  for (const user of ['anna', 'bert', 'mark']) await isTold(nodes, `join a ${user}`)
  await anna.client.close()
  await bert.client.close()
  const left = performance.now()
  await marker.client.close()
  assert.deepEqual(await members(two, 'a'), ['anna', 'bert', 'mark'], 'listed for the time of the grace')
  const annaAgain = await enter(t, one, 'user=anna&group=a')
  const bertAgain = await enter(t, two, 'user=bert&group=a')
  await isTold(nodes, 'leave a mark')
  assert.ok(performance.now() - left > grace - 100, 'not before the grace time is over')
  const second = await enter(t, three, 'user=second&group=a')
  const of = (user: string) => told(nodes).filter(msg => msg.includes(user))
  assert.deepEqual(of('anna'), ['join a anna'])
  assert.deepEqual(of('bert'), ['join a bert'])
  await annaAgain.client.close()
  await bertAgain.client.close()
  await second.client.close()
  for (const user of ['anna', 'bert', 'second']) await isTold(nodes, `leave a ${user}`)
  // Once each: had one been told before, it would be there twice by now.
  for (const user of ['anna', 'bert']) assert.deepEqual(of(user), [`join a ${user}`, `leave a ${user}`])
  assert.deepEqual(await members(one, 'a'), [])
})

test('joining and leaving from outside is told as well, and a new user is another member', {
  skip: withoutRedis,
}, async t => {
  const listener = {
    'listener.mjs': `
      export const onClientOpen = data => {
        data.conn.user = 'anna'
        data.conn.join('a')
        data.conn.send(data.conn.id)
      }
      export const onMessage = data => {
        if (data.message.startsWith('I am ')) data.conn.user = data.message.slice(5)
      }
      export const onGroupJoin = ({ group, user }, gateway) => gateway.log.info('join ' + group + ' ' + user)
      export const onGroupLeave = ({ group, user }, gateway) => gateway.log.info('leave ' + group + ' ' + user)`,
  }
  const { nodes } = await startCluster(t, { listener })
  const [one, two] = nodes
  const { client, id } = await enter(t, one)
  await isTold(nodes, 'join a anna')
  await two.call('PUT', '/groups/b/users/anna')
  await isTold(nodes, 'join b anna')
  await two.call('DELETE', '/groups/b/users/anna')
  await isTold(nodes, 'leave b anna')
  await two.call('PUT', `/groups/c/connections/${id}`)
  await isTold(nodes, 'join c anna')
  client.send('I am bert')
  for (const group of ['a', 'c']) {
    await isTold(nodes, `join ${group} bert`)
    await isTold(nodes, `leave ${group} anna`)
  }
  await client.close()
  for (const group of ['a', 'c']) await isTold(nodes, `leave ${group} bert`)
  const all = told(nodes)
  assert.equal(new Set(all).size, all.length, `each once: ${all}`)
  assert.equal(all.length, 10)
})

test('WS_PATH and the handshake put clients into groups, and presence tells of them', {
  skip: withoutRedis,
}, async t => {
  const listener = {
    'listener.mjs': `
      export const onClientHandshake = data => {
        data.user = new URLSearchParams(data.request.query).get('user')
        data.groups.push('lobby')
      }
      export const onClientOpen = data => data.conn.send(data.conn.groups)
      export const onGroupJoin = ({ group, user }, gateway) => gateway.log.info('join ' + group + ' ' + user)`,
  }
  const { nodes } = await startCluster(t, { listener, env: { WS_PATH: '/ws/:group' } })
  const [one, two] = nodes
  const client = await connect(t, `${one.url}/ws/news?user=anna`)
  assert.deepEqual(await client.messages(1), ['["news","lobby"]'])
  await isTold(nodes, 'join news anna')
  await isTold(nodes, 'join lobby anna')
  await two.push({ message: 'hello', groups: ['news'] })
  assert.deepEqual((await client.messages(2))[1], 'hello')
  assert.equal(await refused(`${two.url}/other`), 404)
  await eventually('the group', async () => {
    const { groups } = (await two.call('GET', '/groups')).body
    return groups.length === 2
  })
})
