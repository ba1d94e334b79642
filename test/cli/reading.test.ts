/** The commands that only read: status, connections, close, list, config. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect, refused } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, temporaryFolder, writeFiles } from '../support/gateway.ts'

test('status in words, and as it came', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': 'export const onMessage = () => {}' },
    env: { WS_PATH: '/' },
  })
  const cwd = gateway.folder
  await connect(t, gateway.url)
  assert.equal(await refused(`${gateway.url}/elsewhere`), 404)
  const { out } = await cli({ cwd }, 'status')
  assert.match(out, /^gateway +websocket$/m)
  assert.match(out, /^state +running for \d+ s$|^state +running for 0 s$/m)
  assert.match(out, new RegExp(`^port +${gateway.port}$`, 'm'))
  assert.match(out, /^connections +1$/m)
  assert.match(out, /^listener +\S+\/listener\/listener\.js, version 1, loaded \d{4}-\d\d-\d\d /m)
  assert.match(out, /^closes +none$/m)
  assert.match(out, /^refusals +1 with 404$/m)
  const json = JSON.parse((await cli({ cwd }, 'status', '--json')).out)
  assert.deepEqual([json.state, json.connections, json.listener.generation], ['running', 1, 1])
  writeFiles(`${cwd}/listener`, { 'listener.js': 'export const onMessage = (' })
  await cli({ cwd }, 'reload')
  assert.match((await cli({ cwd }, 'status')).out, /^listener fault +.*listener\.js:1/m)
  await cli({ cwd }, 'stop')
  assert.match((await cli({ cwd }, 'status')).out, /^state +stopped$/m)
})

test('connections of a search, a group or a user', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onClientOpen = ({ conn }) => {
      const [, group, user] = conn.request.path.split('/')
      if (user) conn.user = user
      conn.join(group)
    }`,
    },
  })
  const cwd = gateway.folder
  for (const path of ['cats/anna', 'cats/ben', 'dogs']) await connect(t, `${gateway.url}/${path}`)
  const paths = async (...words: string[]) => {
    const { code, out } = await cli({ cwd }, 'connections', ...words)
    assert.equal(code, 0)
    return [...out.matchAll(/ (\/\S+) /g)].map(([, path]) => path)
  }
  assert.deepEqual(await paths(), ['/cats/anna', '/cats/ben', '/dogs'])
  assert.deepEqual(await paths('--search', 'ANN'), ['/cats/anna'])
  assert.deepEqual(await paths('--group', 'cats'), ['/cats/anna', '/cats/ben'])
  assert.deepEqual(await paths('--group', 'cats', '--user', 'ben'), ['/cats/ben'])
  assert.match((await cli({ cwd }, 'connections')).out, /SENT +USER\n.* anna\n/)
})

test('connections and close; what a client put into its path cannot steer the terminal', async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  assert.equal((await cli({ cwd }, 'connections')).out, 'no connections\n')
  const a = await connect(t, `${gateway.url}/one`)
  const b = await connect(t, `${gateway.url}/two`)
  a.send('x')
  await b.messages(1)
  const { out } = await cli({ cwd }, 'connections')
  const [heading, first = '', second] = out.trimEnd().split('\n')
  assert.match(heading ?? '', /^ID +IP +PATH +OPEN SINCE +RECEIVED +SENT$/)
  const [id = ''] = first.split(' ', 1)
  assert.match(first, /^\S+ +127\.0\.0\.1 +\/one +\S+ \S+ +1 +1$/)
  assert.match(second ?? '', / \/two .* 0 +1$/)
  assert.match((await cli({ cwd }, 'connections', '--limit', '1')).out, /\/one[^/]*\nthere are more\n$/)
  const page = JSON.parse((await cli({ cwd }, 'connections', '--limit', '1', '--json')).out)
  assert.deepEqual([page.connections.length, page.next], [1, id])

  const closed = await cli({ cwd }, 'close', id, '--code', '4001', '--reason', 'enough, for today')
  assert.deepEqual(closed, { code: 0, out: `closed ${id} with code 4001\n`, err: '' })
  assert.deepEqual(await a.closed, { code: 4001, reason: 'enough, for today' })
  const gone = await cli({ cwd }, 'close', id)
  assert.deepEqual([gone.code, gone.out], [1, ''])
  assert.match(gone.err, /no connection ".*" is open here/)
  const [other] = (await gateway.call('GET', '/connections')).body.connections
  const wrong = await cli({ cwd }, 'close', other.id, '--code', '1006')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /1006/)
  assert.equal(b.ws.readyState, b.ws.OPEN)
})

test('more connections than a page holds are all listed', async t => {
  const gateway = await startGateway(t)
  await Promise.all(Array.from({ length: 1001 }, () => connect(t, gateway.url)))
  const { out } = await cli({ cwd: gateway.folder }, 'connections', '--json')
  assert.equal(new Set(JSON.parse(out).connections.map(({ id }: { id: string }) => id)).size, 1001)
})

test('list: living, dead and mute sockets of the folder, and no folder at all', async t => {
  const cwd = temporaryFolder(t)
  assert.match((await cli({ cwd }, 'list')).out, /^no gateways in \/.*\/run\n$/)
  const dead = await startGateway(t, { folder: cwd, env: { WS_GATEWAY_ID: 'dead' } })
  await dead.stop('SIGKILL')
  await startGateway(t, { folder: cwd, env: { WS_GATEWAY_ID: 'alive' } })
  await startGateway(t, { folder: cwd, env: { WS_GATEWAY_ID: 'waiting', WS_STARTUP_MODE: 'manual' } })
  // Somebody who accepts and never answers.
  const mute = createServer(socket => t.after(() => socket.destroy()))
  await new Promise<void>(resolve => mute.listen(join(cwd, 'run', 'mute.sock'), resolve))
  t.after(() => mute.close())
  writeFiles(join(cwd, 'run'), { 'no-socket.sock': '', 'other.txt': '' })
  // Who takes two seconds to answer is as good as mute: then all are asked again.
  const list = (...words: string[]) =>
    eventually('an answer of both', async () => {
      const { code, out } = await cli({ cwd }, 'list', ...words)
      assert.equal(code, 0)
      return out.split('no answer').length === 2 && out
    })
  const out = await list()
  const rows = out.trimEnd().split('\n')
  assert.deepEqual(
    rows.map(row => row.split(/ {2,}/)),
    [
      ['ID', 'STATE', 'CONNECTIONS'],
      ['alive', 'running', '0'],
      ['dead', 'dead'],
      ['mute', 'no answer'],
      ['waiting', 'stopped', '0'],
    ],
  )
  const json = JSON.parse(await list('--json'))
  assert.deepEqual(
    json.map(({ id, state }: { id: string; state: string }) => [id, state]),
    rows.slice(1).map(row => row.split(/ {2,}/).slice(0, 2)),
  )
})

test('config: every setting, its value and where it came from; faults as at the start', async t => {
  const cwd = temporaryFolder(t)
  writeFiles(cwd, { '.env': 'WS_LOG_LEVEL=debug\nWS_PORT=1\n', mode: '0600\n' })
  mkdirSync(join(cwd, 'sub'))
  const env = { WS_PORT: '2', WS_CONTROL_MODE_FILE: 'mode', WS_HOST: '', WS_PROT: '1' }
  const { code, out, err } = await cli({ cwd, env }, 'config')
  assert.equal(code, 0)
  assert.match(out, /^WS_GATEWAY_ID +websocket +default$/m)
  assert.match(out, /^WS_PORT +2 +environment$/m)
  assert.match(out, /^WS_LOG_LEVEL +debug +\.env$/m)
  assert.match(out, /^WS_CONTROL_MODE +0600 +file mode$/m)
  assert.match(out, /^WS_HOST +all addresses +default$/m)
  assert.match(err, /^gateway: WS_PROT .*did you mean WS_PORT\?$/m)
  const json = JSON.parse((await cli({ cwd, env }, 'config', '--json')).out)
  const port = json.find(({ name }: { name: string }) => name === 'WS_PORT')
  assert.deepEqual(port, { name: 'WS_PORT', value: 2, shown: '2', source: 'environment' })
  const bad = await cli({ cwd, env: { WS_PORT: 'x', WS_LOG_LEVEL: 'loud' } }, 'config')
  assert.deepEqual([bad.code, bad.out], [78, ''])
  assert.equal(bad.err.trim().split('\n').length, 2)
})
