/** Groups, users and nodes on the command line. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'

/** Who connects to /GROUPS/USER is in these groups and is this user. */
const listener = {
  'listener.js': `export const onClientOpen = ({ conn }) => {
    const [groups = '', user] = decodeURIComponent(conn.request.path).slice(1).split('/')
    if (user) Object.assign(conn, { user, info: { name: user.toUpperCase() } })
    for (const group of groups.split(',')) if (group) conn.join(group)
  }`,
}

test('push to groups and users, together with connections, in a line and in a stream', async t => {
  const gateway = await startGateway(t, { listener })
  const cwd = gateway.folder
  const anna = await connect(t, `${gateway.url}/cats,dogs/anna`)
  const ben = await connect(t, `${gateway.url}/dogs/ben`)
  const eve = await connect(t, `${gateway.url}/`)
  const { connections } = (await gateway.call('GET', '/connections')).body
  const [idA, , idE] = connections.map(({ id }: { id: string }) => id)
  const cases: [string[], number][] = [
    [['1', '--group', 'cats'], 1],
    [['2', '--group', 'cats', '--group', 'dogs', '--user', 'anna'], 2],
    [['3', '--user', 'ben', '--to', idE], 2],
    [['4', '--group', 'dogs', '--except', idA], 1],
    [['5', '--group', 'nobody', '--user', 'nobody'], 0],
    [['--data', '{"message": 6, "groups": ["cats"]}', '--user', 'ben', '--group', 'none'], 2],
    [['7'], 3],
  ]
  for (const [words, count] of cases) {
    const out = `pushed to ${count} connection${count === 1 ? '' : 's'}\n`
    assert.deepEqual(await cli({ cwd }, 'push', ...words), { code: 0, out, err: '' }, words.join(' '))
  }
  const stream = await cli({ cwd, input: 'a\nb\n' }, 'push', '-', '--group', 'cats', '--user', 'ben')
  assert.deepEqual(stream, { code: 0, out: 'pushed 2 messages, to 4 recipients in all\n', err: '' })
  assert.deepEqual(await anna.messages(6), ['1', '2', '6', '7', 'a', 'b'])
  assert.deepEqual(await ben.messages(7), ['2', '3', '4', '6', '7', 'a', 'b'])
  assert.deepEqual(await eve.messages(2), ['3', '7'])
})

test('groups, their members, and the status; names cannot steer the terminal', async t => {
  const gateway = await startGateway(t, { listener })
  const cwd = gateway.folder
  assert.deepEqual(await cli({ cwd }, 'groups'), { code: 0, out: 'no groups\n', err: '' })
  const empty = await cli({ cwd }, 'groups', 'cats')
  assert.deepEqual(empty, { code: 0, out: '0 connections, 0 users\n', err: '' })
  await connect(t, `${gateway.url}/cats,%1b%5b31m/anna`)
  await connect(t, `${gateway.url}/cats/anna`)
  await connect(t, `${gateway.url}/cats`)
  await connect(t, `${gateway.url}/cats/%1bben`)
  const { out } = await cli({ cwd }, 'groups')
  assert.deepEqual(
    out.split('\n').map(line => line.split(/ {2,}/)),
    [['GROUP', 'CONNECTIONS', 'USERS'], ['\\u001b[31m', '1', '1'], ['cats', '4', '2'], ['']],
  )
  const members = await cli({ cwd }, 'groups', 'cats')
  assert.deepEqual(
    members.out.split('\n').map(line => line.split(/ {2,}/)),
    [
      ['USER', 'INFO'],
      ['\\u001bben', '{"name":"\\u001bBEN"}'],
      ['anna', '{"name":"ANNA"}'],
      ['4 connections, 2 users'],
      [''],
    ],
  )
  const json = JSON.parse((await cli({ cwd }, 'groups', 'cats', '--node', '--json')).out)
  assert.deepEqual([json.group, json.connections, json.members.length], ['cats', 4, 2])
  const status = (await cli({ cwd }, 'status')).out
  assert.match(status, /^groups +2$/m)
  assert.match(status, /^users +2$/m)
  assert.doesNotMatch(status, /^(node|nodes|backplane)/m)
})

test('more groups than a page holds are all listed', async t => {
  const names = Array.from({ length: 2500 }, (_, i) => `g${String(i).padStart(4, '0')}`)
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onClientOpen = ({ conn }) => {
        conn.user = 'anna'
        for (let i = 0; i < 2500; i++) conn.join('g' + String(i).padStart(4, '0'))
      }`,
    },
  })
  await connect(t, gateway.url)
  const { out } = await cli({ cwd: gateway.folder }, 'groups', '--json')
  const { groups, ...rest } = JSON.parse(out)
  assert.deepEqual(
    groups.map(({ name }: { name: string }) => name),
    names,
  )
  assert.deepEqual(rest, {})
})

test('close --user closes all of a user, and says how many', async t => {
  const gateway = await startGateway(t, { listener })
  const cwd = gateway.folder
  const tabs = [await connect(t, `${gateway.url}/a/anna`), await connect(t, `${gateway.url}/b/anna`)]
  const ben = await connect(t, `${gateway.url}/a/ben`)
  const closed = await cli({ cwd }, 'close', '--user', 'anna', '--code', '4003', '--reason', 'bye')
  assert.deepEqual(closed, { code: 0, out: 'closed 2 connections of anna with code 4003\n', err: '' })
  for (const tab of tabs) assert.deepEqual(await tab.closed, { code: 4003, reason: 'bye' })
  const nobody = await cli({ cwd }, 'close', '--user', 'a/ü')
  assert.deepEqual(nobody, { code: 0, out: 'closed 0 connections of a/ü with code 1000\n', err: '' })
  assert.equal(ben.ws.readyState, ben.ws.OPEN)
  assert.equal((await cli({ cwd }, 'close', '--user', 'ben', '--code', '1006')).code, 1)
})

/** A control API that says what one of a cluster says. */
async function clusterThat(t: TestContext, answers: (url: string) => object): Promise<string> {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'run'))
  const server = createServer((request, response) => response.end(JSON.stringify(answers(request.url ?? ''))))
  await new Promise<void>(done => server.listen(join(folder, 'run', 'websocket.sock'), done))
  t.after(() => server.close())
  return folder
}

test('in a cluster: connections of all nodes, who has not answered, and how far a push went', async t => {
  const asked: string[] = []
  const one = { id: 'a-1', ip: '::1', path: '/', openedAt: '2026-11-26T00:00:00Z', received: 0, sent: 1 }
  const cwd = await clusterThat(t, url => {
    asked.push(url)
    if (url.startsWith('/push')) return { recipients: 1, nodes: asked.length === 1 ? 3 : 2 }
    if (url.startsWith('/groups')) {
      return { group: 'g', connections: 5, users: 1, members: [{ user: 'u' }], unanswered: ['c'] }
    }
    if (!url.includes('after=')) {
      return { connections: [{ ...one, node: 'a' }], next: 'a-1', unanswered: ['c'] }
    }
    return { connections: [{ ...one, id: 'b-1', node: 'b' }], unanswered: ['c', 'd'] }
  })
  assert.equal((await cli({ cwd }, 'push', 'x')).out, 'pushed to 1 connection here, and to 2 other nodes\n')
  assert.equal((await cli({ cwd }, 'push', 'x')).out, 'pushed to 1 connection here, and to 1 other node\n')
  const listed = await cli({ cwd }, 'connections', '--cluster')
  const [heading, ...lines] = listed.out.trimEnd().split('\n')
  assert.match(heading ?? '', / NODE$/)
  assert.deepEqual(
    lines.map(line => [line.split(' ', 1)[0], line.split(/ +/).at(-1)]),
    [
      ['a-1', 'a'],
      ['b-1', 'b'],
    ],
  )
  assert.equal(listed.err, 'gateway: no answer in time from c, d: what they have is left out\n')
  assert.equal(listed.code, 0)
  assert.match(asked[2] ?? '', /scope=cluster/)
  const json = JSON.parse((await cli({ cwd }, 'connections', '--cluster', '--json')).out)
  assert.deepEqual([json.connections.length, json.unanswered, json.next], [2, ['c', 'd'], undefined])
  const members = await cli({ cwd }, 'groups', 'g')
  assert.match(members.out, /^u\n5 connections, 1 user$/m)
  assert.match(members.err, /from c:/)
})

test('in a cluster: the status has the nodes and what is between them', async t => {
  const node = { host: 'one', connections: 2, groups: 1, users: 0, lastSeen: '2026-11-26T00:00:00Z' }
  const backplane = {
    ...{ state: 'away', error: 'connect ECONNREFUSED', bufferedMessages: 1, bufferedBytes: 20 },
    ...{ published: 3, received: 4, repeats: 0, dropped: 5, missed: 6 },
  }
  const listener = { path: 'listener', loadedAt: null, generation: 0, error: null }
  const cwd = await clusterThat(t, () => ({
    ...{ id: 'websocket', state: 'running', mode: 'automatic', port: 1, uptimeMs: 0, version: '1' },
    ...{ connections: 2, groups: 1, users: 0, listener, counters: {} },
    ...{
      node: 'a',
      nodes: [
        { id: 'a', self: true, ...node },
        { id: 'b', ...node, host: 'two' },
      ],
      backplane,
    },
  }))
  const { out } = await cli({ cwd }, 'status')
  assert.match(out, /^node +a\n/m)
  assert.match(
    out,
    /^nodes +a on one: 2 connections, 1 group, 0 users, this one\n +b on two: .* seen \d{4}-\S+ \S+$/m,
  )
  assert.match(
    out,
    /^backplane +away: connect ECONNREFUSED\n +3 published, .*\n +1 message waiting \(20 bytes\), 5 dropped, 6 missed$/m,
  )
})
