import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, mortal, nodeId, startCluster, untilStatus } from '../support/cluster.ts'
import { listen } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'

test('any node traces a user wherever its connections are, and tells what the others can be told to do', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: mortal })
  const [one, two, three] = nodes
  const ids = await Promise.all(nodes.map(nodeId))
  const events = await listen(t, one.socket, '/trace?user=anna')
  const here = await enter(t, one, 'user=anna')
  const there = await enter(t, three, 'user=anna')
  here.client.send('from one')
  const traced = await events.of('trace', 7)
  const said = traced.map(({ node, conn, what, text = '' }) => `${node} ${conn} ${what} ${text}`.trim())
  for (const [node, id] of [
    [ids[0], here.id],
    [ids[2], there.id],
  ]) {
    for (const happened of ['open', `out ${id}`, 'out from one'])
      assert.ok(said.includes(`${node} ${id} ${happened}`), `${happened} of ${id} in ${said.join('; ')}`)
  }
  assert.ok(said.includes(`${ids[0]} ${here.id} in from one`))

  // One connection of another node.
  const one7 = await listen(t, two.socket, `/trace?connection=${there.id}`)
  await there.client.close(1000)
  assert.deepEqual(await one7.of('end', 1), [{ reason: 'the connection has closed' }])

  const listed = await two.call('GET', '/nodes')
  assert.deepEqual(listed.body.nodes.map((node: { id: string }) => node.id).toSorted(), ids.toSorted())
  const status = await two.call('GET', `/nodes/${ids[2]}/status`)
  assert.deepEqual([status.status, status.body.node], [200, ids[2]])
  assert.equal((await two.call('GET', '/nodes/unknown/status')).status, 404)

  const before = status.body.listener.generation
  const reload = await two.call('POST', `/nodes/${ids[2]}/reload`)
  assert.deepEqual([reload.status, reload.body], [202, { node: ids[2], action: 'reload' }])
  await untilStatus(three, 'another version', ({ listener }) => listener.generation === before + 1)
  const from = three.lines.length
  assert.equal((await two.call('POST', `/nodes/${ids[2]}/restart`)).status, 202)
  await three.line(line => line.event === 'gateway.start', from)
  await untilStatus(two, 'three nodes again', ({ nodes: all }) => all.length === 3)
  assert.equal((await two.call('POST', `/nodes/${ids[2]}/stop`)).status, 202)
  await untilStatus(three, 'stopped', ({ state }) => state === 'stopped')
  await untilStatus(two, 'two nodes', ({ nodes: all }) => all.length === 2)

  // A node that dies ends the trace of its connection, and not that of a user.
  const last = await enter(t, two, 'user=bert')
  const ofConnection = await listen(t, one.socket, `/trace?connection=${last.id}`)
  const ofUser = await listen(t, one.socket, '/trace?user=bert')
  await two.stop('SIGKILL')
  assert.deepEqual(await ofConnection.of('end', 1, 30_000), [
    { reason: 'the node of the connection has gone' },
  ])
  await ofConnection.ended()
  await enter(t, one, 'user=bert')
  await ofUser.of('trace', 2, 30_000)
})

test('without a cluster there are no nodes', async t => {
  const gateway = await startGateway(t)
  for (const [method, path] of [
    ['GET', '/nodes'],
    ['GET', '/nodes/x/status'],
    ['POST', '/nodes/x/stop'],
  ] as const) {
    const { status, body } = await gateway.call(method, path)
    assert.deepEqual(
      [status, body.detail],
      [409, 'this gateway is one of no cluster: WS_REDIS_URL is not set'],
    )
  }
})
