import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { enter, joined, startNode, startNodes, untilStatus } from '../support/cluster.ts'
import { type GatewayProcess, spawnGateway, temporaryFolder } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

const password = 'geheim+9f/Pw'
/** As it stands in a URL, and as it is. */
const forms = [password, encodeURIComponent(password)]

/** Nothing that a node has written, anywhere, shows the password. */
function assertHidden(node: GatewayProcess, what = ''): void {
  const said = JSON.stringify(node.lines) + node.stderr + JSON.stringify(node.logFile()) + what
  for (const form of forms) assert.ok(!said.includes(form), 'the password shows')
}

test('a password is used, and shows nowhere, not in the log when Redis goes, nor in gateway config', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { password })
  const env = { WS_LOG_LEVEL: 'trace' }
  const [one, two] = await startNodes(t, redis, { nodes: 2, env })
  assert.ok(one && two)
  const there = await enter(t, two)
  await one.push({ message: 'hello' })
  assert.deepEqual(await there.messages(1), ['hello'])
  await redis.kill()
  await untilStatus(one, 'away', ({ backplane }) => backplane.state === 'away')
  const shown = JSON.stringify((await one.call('GET', '/status')).body)
  const config = await cli({ cwd: one.folder, env: { WS_REDIS_URL: redis.url } }, 'config')
  assert.equal(config.code, 0)
  assert.match(config.out, /WS_REDIS_URL/)
  await redis.start()
  await joined([one, two])
  await Promise.all([one.stop(), two.stop()])
  for (const node of [one, two]) assertHidden(node, shown + config.out + config.err)
})

test('a wrong password is one clear line and exit code 1', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { password: 'another' })
  const urls = [
    `redis://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`,
    `redis://anna:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`,
    `redis://127.0.0.1:${redis.port}`,
  ]
  for (const WS_REDIS_URL of urls) {
    const node = spawnGateway(t, { listener: {}, env: { WS_REDIS_URL } })
    const { code } = await node.exited
    assert.equal(code, 1, `${WS_REDIS_URL}\n${node.stderr}`)
    assert.match(node.stderr, /^gateway: .*(password|WS_REDIS_URL)/i)
    assert.equal(node.stderr.trim().split('\n').length, 1, node.stderr)
    for (const form of forms) assert.ok(!(node.stderr + JSON.stringify(node.lines)).includes(form))
  }
})

test('a URL that does not parse is exit code 78, and so is a stream without Redis', async t => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ WS_REDIS_URL: 'not a url' }, /WS_REDIS_URL/],
    [{ WS_REDIS_URL: `http://:${encodeURIComponent(password)}@127.0.0.1` }, /WS_REDIS_URL/],
    [{ WS_REDIS_URL: 'redis://127.0.0.1:99999' }, /WS_REDIS_URL/],
    [{ WS_REDIS_URL: 'redis://127.0.0.1/zero' }, /WS_REDIS_URL/],
    [{ WS_PUSH_STREAM: 'pushes' }, /WS_PUSH_STREAM.*WS_REDIS_URL/],
    [{ WS_REDIS_URL: 'redis://127.0.0.1', WS_NODE_TIMEOUT_MS: '5' }, /WS_NODE_TIMEOUT_MS/],
    [{ WS_REDIS_URL: 'redis://127.0.0.1', WS_REDIS_HISTORY: 'x' }, /WS_REDIS_HISTORY/],
    [{ WS_REDIS_URL: 'redis://127.0.0.1', WS_REDIS_BUFFER_BYTES: '-1' }, /WS_REDIS_BUFFER_BYTES/],
  ]
  for (const [env, expected] of cases) {
    const node = spawnGateway(t, { listener: {}, env })
    // One that comes up all the same is a fault as well, and must not hold this up.
    const came = node.event('gateway.start').then(() => 'it started')
    const outcome = await Promise.race([node.exited.then(({ code }) => code), came.catch(() => node.exited)])
    assert.equal(outcome, 78, `${JSON.stringify(env)}\n${node.stderr}`)
    assert.match(node.stderr, expected)
    assert.equal(node.stderr.trim().split('\n').length, 1, node.stderr)
    for (const form of forms) assert.ok(!node.stderr.includes(form))
  }
})

test('rediss: with an authority of its own; without it nothing is sent, and the reason is told', {
  skip: withoutRedis,
}, async t => {
  const redis = await startRedis(t, { tls: true, password })
  const [one, two] = await startNodes(t, redis, { nodes: 2 })
  assert.ok(one && two)
  const there = await enter(t, two)
  await one.push({ message: 'hello' })
  assert.deepEqual(await there.messages(1), ['hello'])
  await redis.restart()
  await joined([one, two])
  const distrustful = await startNode(t, redis, { env: { NODE_EXTRA_CA_CERTS: '' } })
  const { backplane } = await untilStatus(distrustful, 'a reason', status => status.backplane.error !== null)
  assert.equal(backplane.state, 'away')
  assert.match(backplane.error, /certificate/)
  assertHidden(distrustful)
})

test('WS_REDIS_URL_FILE gives the URL by file', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { password })
  const file = join(temporaryFolder(t), 'url')
  writeFileSync(file, `${redis.url}\n`)
  const env = { WS_REDIS_URL: '', WS_REDIS_URL_FILE: file }
  const nodes = await startNodes(t, redis, { nodes: 2, env })
  for (const node of nodes) assertHidden(node)
})

test('another host, port or database of the URL is another Redis', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const [one] = await startNodes(t, redis, { nodes: 1 })
  const other = await startNode(t, redis, { env: { WS_REDIS_URL: `${redis.url}/1` } })
  assert.ok(one)
  await joined([other])
  assert.equal((await one.call('GET', '/status')).body.nodes.length, 1)
  const nowhere = await startNode(t, redis, {
    env: { WS_REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
  })
  assert.equal((await nowhere.call('GET', '/health')).body.status, 'warn')
})
