import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

test('connections are found by a part of what they are, and by group and user, in pages', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `export function onClientOpen({ conn }) {
        const query = new URLSearchParams(conn.request.query)
        conn.user = query.get('user') ?? undefined
        for (const group of query.getAll('group')) conn.join(group)
      }`,
    },
  })
  for (let i = 0; i < 6; i++)
    await connect(t, `${gateway.url}/lobby/${i}?user=Anna${i % 2}&group=Room-${i}&group=all`)
  const found = async (query: string) => {
    const { body } = await gateway.call('GET', `/connections?${query}`)
    return {
      paths: body.connections.map(({ path }: { path: string }) => path.slice(-1)).join(''),
      next: body.next,
    }
  }
  assert.equal((await found('')).paths, '012345')
  assert.equal((await found('search=LOBBY/3')).paths, '3')
  assert.equal((await found('search=anna1')).paths, '135')
  assert.equal((await found('search=room-2')).paths, '2')
  assert.equal((await found('search=127.0.0')).paths, '012345')
  assert.equal((await found('search=nothing')).paths, '')
  assert.equal((await found('user=Anna0')).paths, '024')
  assert.equal((await found('user=anna0')).paths, '')
  assert.equal((await found('group=Room-4')).paths, '4')
  assert.equal((await found('group=all&user=Anna1&search=lobby/5')).paths, '5')
  const first = await found('user=Anna1&limit=2')
  assert.equal(first.paths, '13')
  const rest = await found(`user=Anna1&limit=2&after=${first.next}`)
  assert.deepEqual(rest, { paths: '5', next: undefined })
  const [one] = (await gateway.call('GET', '/connections?limit=1')).body.connections
  assert.equal(one.bufferedBytes, 0)
})
