import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { gatewayState, sendGatewayMessage } from '../../src/client.ts'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, spawnGateway, startGateway } from '../support/gateway.ts'

const token = 'a-token-of-good-length'
const env = { WS_CONTROL_PORT: '0', WS_CONTROL_TOKEN: token }

async function controlUrl(gateway: GatewayProcess): Promise<string> {
  return `http://127.0.0.1:${(await gateway.event('control.listen')).port}`
}

function call(
  url: string,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body?: string,
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { method, headers, agent: false }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

test('the same routes over TCP, for who shows the token', async t => {
  const gateway = await startGateway(t, { env })
  const url = await controlUrl(gateway)
  const client = await connect(t, gateway.url)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const pushed = await call(url, '/push', headers, 'POST', '{"message":"over TCP"}')
  assert.deepEqual(JSON.parse(pushed.text), { recipients: 1 })
  assert.deepEqual(await client.messages(1), ['over TCP'])
  const status = JSON.parse((await call(url, '/status', headers)).text)
  assert.equal(status.controlPort, Number(new URL(url).port))
  assert.equal((await call(url, '/nowhere', headers)).status, 404)
})

test('a wrong token gets nowhere, and is answered ever later', async t => {
  const gateway = await startGateway(t, { env })
  const url = await controlUrl(gateway)
  const wrong = [
    {},
    { authorization: 'Bearer ' },
    { authorization: `Basic ${token}` },
    { authorization: `Bearer ${token}x` },
  ]
  const began = performance.now()
  for (const headers of wrong.slice(0, 3)) {
    const { status, headers: told } = await call(url, '/nowhere', headers as Record<string, string>)
    assert.equal(status, 401)
    assert.match(String(told['www-authenticate']), /^Bearer/)
  }
  assert.ok(performance.now() - began > 250 + 500 + 1000 - 50, 'each one waits longer than the one before')
  // Many at a time: those past the bound are refused at once, the others wait.
  const many = Array.from({ length: 40 }, () =>
    call(url, '/stop', wrong[3] as Record<string, string>, 'POST'),
  )
  const ended = Promise.allSettled(many)
  const refused = await Promise.race(many.slice(-10))
  assert.equal(refused.status, 429)
  const good = await call(url, '/status', { authorization: `Bearer ${token}` })
  assert.equal(good.status, 200, 'who shows the right token is not held up')
  assert.equal(JSON.parse(good.text).state, 'running')
  await gateway.stop()
  await ended
  assert.ok(!JSON.stringify(gateway.logFile()).includes(token))
})

test('sendGatewayMessage and the command reach it by URL', async t => {
  const gateway = await startGateway(t, { env })
  const url = await controlUrl(gateway)
  const client = await connect(t, gateway.url)
  assert.deepEqual(await sendGatewayMessage('websocket', { message: 'one' }, { url, token }), {
    recipients: 1,
  })
  assert.equal(await gatewayState('websocket', { url, token }), 'running')
  await assert.rejects(sendGatewayMessage('other', { message: 'x' }, { url, token }), { status: 404 })
  await assert.rejects(sendGatewayMessage('websocket', { message: 'x' }, { url, token: 'wrong' }), {
    status: 401,
  })
  await assert.rejects(gatewayState('websocket', { url: 'http://127.0.0.1:1', token }), {
    code: 'ECONNREFUSED',
  })
  await assert.rejects(gatewayState('websocket', { url: 'ftp://x', token }), /begins with http/)
  await assert.rejects(gatewayState('a\r\nX-Injected: yes', { url, token }), /is no gateway's id/)
  const run = (...words: string[]) => cli({ cwd: '/', env: { WS_CONTROL_TOKEN: token } }, ...words)
  assert.match((await run('push', 'two', '--url', url)).out, /pushed to 1 connection/)
  assert.match((await run('--url', url, 'push', 'three')).out, /pushed to 1 connection/)
  assert.match((await run('status', '--url', url)).out, /control port/)
  const lines = await cli(
    { cwd: '/', env: { WS_CONTROL_TOKEN: token }, input: 'four\nfive\n' },
    'push',
    '-',
    '--url',
    url,
  )
  assert.equal(lines.code, 0, lines.err)
  assert.deepEqual(await client.messages(5), ['one', 'two', 'three', 'four', 'five'])
  await eventually('exit 0', async () => (await run('health', '--url', url)).code === 0)
  assert.equal((await run('status', '--url', 'http://127.0.0.1:1')).code, 3)
  assert.equal((await run('status', '--url', 'nonsense')).code, 2)
  assert.equal((await cli({ cwd: '/' }, 'status', '--url', url)).code, 1)
})

test('a port without a token, or with a short one, does not start; nor does a port that another has', async t => {
  const without = spawnGateway(t, { listener: {}, env: { WS_CONTROL_PORT: '0' } })
  assert.equal((await without.exited).code, 78)
  assert.match(without.stderr, /WS_CONTROL_TOKEN: got none, takes a text of at least 16/)
  const short = spawnGateway(t, {
    listener: {},
    env: { WS_CONTROL_PORT: '0', WS_CONTROL_TOKEN: 'too-short' },
  })
  assert.equal((await short.exited).code, 78)
  assert.match(short.stderr, /WS_CONTROL_TOKEN/)
  assert.ok(!short.stderr.includes('too-short'))
  const gateway = await startGateway(t, { env })
  const { port } = new URL(await controlUrl(gateway))
  const second = spawnGateway(t, { listener: {}, env: { ...env, WS_CONTROL_PORT: port } })
  assert.equal((await second.exited).code, 1)
  assert.match(
    second.stderr,
    /the control API cannot listen on 127\.0\.0\.1 port \d+: another process has it/,
  )
})
