import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Entered, enter, nodeId, startCluster, startNode } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { withoutRedis } from '../support/redis.ts'

/** Sends the same last word to all by the same node, so that what came before it has come. */
async function nowAll(push: (body: unknown) => Promise<unknown>, all: readonly Entered[]): Promise<void> {
  await push({ message: 'now' })
  await eventually('the last word at all', () => all.every(({ got }) => got().includes('now')))
}

/** What each got, without the last word; it begins anew after that. */
function take(all: readonly Entered[]): string[][] {
  return all.map(({ client }) =>
    client.got
      .splice(1)
      .map(String)
      .filter(text => text !== 'now'),
  )
}

test('a push reaches all, groups, users and ids on every node, minus except, and nobody twice', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const anna = await enter(t, one, 'user=anna&group=a')
  const bert = await enter(t, two, 'user=bert&group=a&group=b')
  const anna2 = await enter(t, three, 'user=anna&group=b')
  const nobody = await enter(t, three)
  const all = [anna, bert, anna2, nobody]
  const cases: [Record<string, unknown>, boolean[]][] = [
    [{}, [true, true, true, true]],
    [{ groups: ['a'] }, [true, true, false, false]],
    [{ groups: ['a', 'b', 'a'] }, [true, true, true, false]],
    [{ groups: ['unknown'] }, [false, false, false, false]],
    [{ users: ['anna'] }, [true, false, true, false]],
    [{ connections: [nobody.id, bert.id] }, [false, true, false, true]],
    [{ groups: ['a'], users: ['anna'], connections: [anna.id, nobody.id] }, [true, true, true, true]],
    [{ except: [anna.id, nobody.id] }, [false, true, true, false]],
    [{ groups: ['b'], users: ['bert'], except: [bert.id] }, [false, false, true, false]],
    [{ connections: [] }, [false, false, false, false]],
    [{ groups: [] }, [false, false, false, false]],
  ]
  for (const [to, expected] of cases) {
    for (const node of nodes) {
      const { status } = await node.push({ message: 'x', ...to })
      assert.equal(status, 200)
      await nowAll(body => node.push(body), all)
      const got = take(all)
      assert.deepEqual(
        got,
        expected.map(gets => (gets ? ['x'] : [])),
        JSON.stringify(to),
      )
    }
  }
})

test('what a client says reaches whom its listener names on every node, texts and bytes as they are', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t)
  const [one, two, three] = nodes
  const anna = await enter(t, one, 'user=anna&group=a')
  const bert = await enter(t, two, 'user=bert&group=a')
  const cora = await enter(t, three, 'user=cora')
  const all = [anna, bert, cora]
  const says = async (to: object, expected: boolean[]) => {
    anna.client.send(JSON.stringify({ text: 'hello', ...to }))
    anna.client.send('now')
    await eventually('the last word', () => all.every(({ got }) => got().includes('now')))
    const got = take(all)
    assert.deepEqual(
      got,
      expected.map(gets => (gets ? ['hello'] : [])),
      JSON.stringify(to),
    )
  }
  await says({}, [true, true, true])
  await says({ groups: ['a'], except: [anna.id] }, [false, true, false])
  await says({ users: ['cora'] }, [false, false, true])
  await says({ connections: [bert.id] }, [false, true, false])
  await says({ connections: [anna.id] }, [true, false, false])
  await says({ connections: [bert.id, bert.id], users: ['bert'] }, [false, true, false])
  const bytes = Buffer.from([0, 255, 10, 13, 128, 0])
  anna.client.send(bytes)
  await two.push({ message: bytes.toString('base64'), encoding: 'base64' })
  await one.push({ message: { price: 42, name: 'ü\u2028\u0000' } })
  for (const { got } of all) {
    await eventually('three messages', () => got().length >= 3)
    assert.equal(got().filter(message => Buffer.isBuffer(message) && message.equals(bytes)).length, 2)
    assert.ok(got().includes(JSON.stringify({ price: 42, name: 'ü\u2028\u0000' })))
  }
  const large = 'x'.repeat(1_000_000)
  await three.push({ message: large })
  for (const { got } of all) await eventually('a large message', () => got().includes(large))
})

test('the answer tells recipients and nodes, and onMessage has run once, where it was pushed', {
  skip: withoutRedis,
}, async t => {
  const { nodes } = await startCluster(t, { env: { WS_LOG_LEVEL: 'debug' } })
  const [one, two, three] = nodes
  const here = await enter(t, one, 'group=a')
  await enter(t, one)
  const there = await enter(t, two, 'group=a&user=anna')
  const answer = async (to: object) => (await one.push({ message: 'x', ...to })).body
  assert.deepEqual(await answer({}), { recipients: 2, nodes: 3 })
  assert.deepEqual(await answer({ groups: ['a'] }), { recipients: 1, nodes: 3 })
  assert.deepEqual(await answer({ users: ['anna'] }), { recipients: 0, nodes: 3 })
  assert.deepEqual(await answer({ connections: [here.id] }), { recipients: 1, nodes: 1 })
  assert.equal((await answer({ connections: [] })).recipients, 0)
  assert.deepEqual(await answer({ message: null }), { recipients: 0, nodes: 0 })
  const other = await answer({ connections: [there.id] })
  assert.equal(other.recipients, 0)
  assert.ok(other.nodes >= 1)
  await two.push({ message: 'once' })
  await eventually('it here', () => here.got().includes('once'))
  there.client.send('once more')
  await eventually('it here', () => here.got().includes('once more'))
  const ran = (text: string) =>
    nodes.map(node => node.lines.filter(line => line.msg === `ran ${text}`).length)
  // The log's lines come a little later than the message.
  await eventually('the log', () => ran('once more').some(count => count > 0))
  assert.deepEqual(ran('once'), [0, 1, 0])
  assert.deepEqual(ran('once more'), [0, 1, 0])
  const ids = await Promise.all(nodes.map(nodeId))
  assert.equal(new Set(ids).size, 3)
  assert.ok(there.id.startsWith(`${ids[1]}-`), 'an id tells its node')
  await three.stop()
  await eventually('two nodes', async () => (await answer({})).nodes === 2)
})

test('gateways of another id on the same Redis are another cluster', { skip: withoutRedis }, async t => {
  const { redis, nodes } = await startCluster(t, { nodes: 3 })
  const other = await startNode(t, redis, { env: { WS_GATEWAY_ID: 'other' } })
  const stranger = await enter(t, other)
  const friend = await enter(t, nodes[1])
  await nodes[0].push({ message: 'hello' })
  assert.deepEqual(await friend.messages(1), ['hello'])
  stranger.client.send('alone')
  assert.deepEqual(await stranger.messages(1), ['alone'])
  assert.deepEqual(friend.got(), ['hello'])
})
