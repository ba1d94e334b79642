/** What the README says of groups, users, presence and several nodes, run as it stands there. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { sendGatewayMessage } from '../../src/client.ts'
import { connect } from '../support/client.ts'
import { joined } from '../support/cluster.ts'
import { type GatewayProcess, root, startGateway } from '../support/gateway.ts'
import { codeBlocks, section, shellLines } from '../support/markdown.ts'
import { unfit } from '../support/needs.ts'
import { type RedisServer, startRedis, withoutRedis } from '../support/redis.ts'
import { shell } from '../support/shell.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const groups = section(readme, 'Groups, users and presence')
const nodes = section(readme, 'Several nodes')
const [listener = ''] = codeBlocks(groups, 'ts')

const PHP = '/usr/bin/php'
const PYTHON = '/usr/bin/python3'

/** The only block of a language. */
function block(text: string, language: string): string {
  const [code = '', ...more] = codeBlocks(text, language)
  assert.ok(code !== '' && more.length === 0, language)
  return code.trim()
}

/** Somebody in a room of the README's listener, with what is got behind the welcome. */
async function enter(t: TestContext, gateway: GatewayProcess, name: string, room: string) {
  const client = await connect(t, `${gateway.url}/?room=${room}&name=${name}`)
  const [welcome] = await client.messages(1)
  return {
    client,
    here: (JSON.parse(String(welcome)).here as { user: string }[]).map(member => member.user),
    /** Waits until a message has come, and gives it. */
    got: async (what: (message: unknown) => boolean) => {
      for (let count = 1; ; count++) {
        const message = (await client.messages(count))[count - 1]
        if (what(read(message))) return read(message)
      }
    },
  }
}

/** JSON where it is some, else the text. */
function read(message: unknown): unknown {
  const text = String(message)
  return text.startsWith('{') ? JSON.parse(text) : text
}

const says =
  (key: string, value: unknown) =>
  (message: unknown): boolean =>
    typeof message === 'object' && message !== null && Reflect.get(message, key) === value

const is =
  (text: string) =>
  (message: unknown): boolean =>
    message === text

test("the README's chat room with names", async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.ts': listener },
    env: { WS_PRESENCE_GRACE_MS: '100' },
  })
  const anna = await enter(t, gateway, 'anna', 'cats')
  assert.deepEqual(anna.here, ['anna'])
  const ben = await enter(t, gateway, 'ben', 'cats')
  const tab = await enter(t, gateway, 'ben', 'cats')
  const carl = await enter(t, gateway, 'carl', 'dogs')
  assert.deepEqual([ben.here, tab.here, carl.here], [['anna', 'ben'], ['anna', 'ben'], ['carl']])
  const told = await anna.got(says('joined', 'ben'))
  assert.match(String(Reflect.get(Object(told), 'info').since), /^\d{4}-/)
  anna.client.send('hi')
  assert.deepEqual(await ben.got(says('from', 'anna')), { from: 'anna', text: 'hi' })
  await tab.client.close()
  await ben.client.close()
  await anna.got(says('left', 'ben'))
  const all = anna.client.got.map(read)
  assert.equal(all.filter(says('joined', 'ben')).length, 1, 'once, however many tabs')
  assert.equal(all.filter(says('left', 'ben')).length, 1)
  assert.equal(all.filter(says('from', 'anna')).length, 0, 'the sender is left out')
  assert.deepEqual(carl.client.got.map(read).filter(says('from', 'anna')), [], 'another room')
})

test("the README's pushes and calls for groups and users", async t => {
  const gateway = await startGateway(t, { listener: { 'listener.ts': listener } })
  const anna = await enter(t, gateway, 'anna', 'cats')
  const ben = await enter(t, gateway, 'ben', 'cats')
  const carl = await enter(t, gateway, 'carl', 'dogs')
  const run = (line: string) => shell(gateway, line)
  const lines = shellLines(groups)
  const next = (): string => lines.shift() ?? ''

  assert.equal(await run(next()), 'pushed to 2 connections\n')
  await anna.got(is('supper is ready'))
  await ben.got(is('supper is ready'))
  assert.equal(await run(next()), 'pushed to 1 connection\n')
  await anna.got(is('only for you'))
  assert.match(await run(next()), /cats[\s\S]*dogs/)
  assert.match(await run(next()), /anna[\s\S]*ben/)
  await run(next())
  assert.equal((await ben.client.closed).code, 1000)
  assert.equal(await run(next()), '{"recipients":2}\n')
  await anna.got(is('hello'))
  await carl.got(is('hello'))
  const members = JSON.parse(await run(next()))
  assert.equal(members.connections, 1)
  assert.equal(members.members[0].user, 'anna')
  assert.deepEqual(JSON.parse(await run(next())), { group: 'dogs', user: 'anna', connections: 1 })
  await carl.got(says('joined', 'anna'))

  assert.match(block(groups, 'js'), /^await sendGatewayMessage\('websocket', \{ message: 'hello', groups: \[/)
  const push = { message: 'hello', groups: ['cats'], users: ['carl'] }
  const { recipients } = await sendGatewayMessage('websocket', push, {
    controlDir: join(gateway.folder, 'run'),
  })
  assert.equal(recipients, 2)

  assert.match(next(), / -X DELETE http:\/\/gateway\/users\/anna$/)
  await run(shellLines(groups).at(-1) ?? '')
  assert.equal((await anna.client.closed).code, 1000)
  assert.deepEqual(lines, [], 'a command that this test does not know')
})

test('WS_PATH=/ws/:group puts clients into groups', async t => {
  assert.ok(groups.includes('`WS_PATH=/ws/:group`'))
  const gateway = await startGateway(t, { env: { WS_PATH: '/ws/:group' } })
  const client = await connect(t, `${gateway.url}/ws/news`)
  await gateway.push({ message: 'extra', groups: ['news'] })
  assert.deepEqual(await client.messages(1), ['extra'])
})

test('WS_JWT_GROUPS_CLAIM=groups puts clients into the groups of their token', async t => {
  const [claim = ''] = /`WS_JWT_GROUPS_CLAIM=(\w+)`/.exec(groups)?.slice(1) ?? []
  const secret = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }
  const gateway = await startGateway(t, { env: { ...secret, WS_JWT_GROUPS_CLAIM: claim } })
  const token = await shell(gateway, `gateway token --user anna --claim '${claim}=["news"]'`, secret)
  const client = await connect(t, gateway.url, ['bearer', token.trim()])
  await gateway.push({ message: 'extra', groups: ['news'] })
  assert.deepEqual(await client.messages(1), ['extra'])
})

test('several nodes, and pushes through Redis by redis-cli', { skip: withoutRedis }, async t => {
  const [start = '', compose, add = '', ...more] = shellLines(nodes)
  assert.deepEqual([compose, more], ['docker compose --profile cluster up', []])
  assert.match(start, /^WS_REDIS_URL=redis:\/\/127\.0\.0\.1:6379 npm start$/)
  const { redis, first, second } = await twoNodes(t)
  const anna = await enter(t, first, 'anna', 'cats')
  const ben = await enter(t, second, 'ben', 'cats')
  await anna.got(says('joined', 'ben'))
  ben.client.send('hi')
  assert.deepEqual(await anna.got(says('from', 'ben')), { from: 'ben', text: 'hi' })
  assert.deepEqual((await first.push({ message: 'all' })).body, { recipients: 1, nodes: 2 })
  await ben.got(is('all'))
  assert.match(add, /^redis-cli XADD pushes /)
  await shell(first, add.replace('redis-cli', `redis-cli -p ${redis.port}`))
  await anna.got(is('hello'))
  await ben.got(is('hello'))
  await redis.command('XADD', 'pushes', '*', 'data', 'no JSON')
  await first.until('a dead letter', () =>
    [...first.lines, ...second.lines].some(line => line.event === 'push' && line.reason !== undefined),
  )
  assert.equal((await redis.command('XLEN', 'pushes:dead')) as number, 1)
})

test('a push through Redis by PHP', {
  skip: withoutRedis || unfit(PHP, ['-r', "exit(class_exists('Redis') ? 0 : 1);"], 'php-cli php-redis'),
}, async t => {
  const { redis, anna } = await somebody(t)
  const connection = `$redis = new Redis(); $redis->connect('127.0.0.1', ${redis.port});`
  await promisify(execFile)(PHP, ['-r', `${connection} ${block(nodes, 'php')}`])
  await anna.got(is('hello'))
})

test('a push through Redis by Python', {
  skip: withoutRedis || unfit(PYTHON, ['-c', 'import redis'], 'python3 python3-redis'),
}, async t => {
  const { redis, anna } = await somebody(t)
  const code = block(nodes, 'python').replace('redis.Redis()', `redis.Redis(port=${redis.port})`)
  await promisify(execFile)(PYTHON, ['-c', `import json, redis\n${code}`])
  await anna.got(is('hello'))
})

/** Two nodes with the README's listener that push what is in its stream. */
async function twoNodes(t: TestContext) {
  const redis = await startRedis(t)
  const [first, second] = await Promise.all([node(t, redis), node(t, redis)])
  await joined([first, second])
  return { redis, first, second }
}

async function somebody(t: TestContext) {
  const redis = await startRedis(t)
  return { redis, anna: await enter(t, await node(t, redis), 'anna', 'cats') }
}

function node(t: TestContext, redis: RedisServer): Promise<GatewayProcess> {
  const [, stream = ''] = /`WS_PUSH_STREAM=(\w+)`/.exec(nodes) ?? []
  const env = { WS_REDIS_URL: redis.url, WS_PUSH_STREAM: stream }
  return startGateway(t, { listener: { 'listener.ts': listener }, env })
}
