/** What the README and docs/security.md say of access, run as it stands there. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sendGatewayMessage } from '../../src/client.ts'
import { certificate } from '../support/certificate.ts'
import { connect, refusal, refused } from '../support/client.ts'
import { root, startGateway, temporaryFolder } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import { shell } from '../support/shell.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const security = readFileSync(join(root, 'docs/security.md'), 'utf8')

function block(text: string, language: string, part: string): string {
  const found = codeBlocks(text, language).find(code => code.includes(part))
  assert.ok(found, `no block with ${part}`)
  return found
}

test('the control API over TCP', async t => {
  const lines = block(readme, 'sh', 'WS_CONTROL_PORT=10126').trim().split('\n')
  const [start = '', ...calls] = lines
  const token = /WS_CONTROL_TOKEN=(\S+)/.exec(start)?.[1] ?? ''
  const gateway = await startGateway(t, { env: { WS_CONTROL_PORT: '0', WS_CONTROL_TOKEN: token } })
  const port = String((await gateway.event('control.listen')).port)
  const client = await connect(t, gateway.url)
  assert.equal(calls.length, 2)
  for (const line of calls) {
    await shell(gateway, line.replace('10126', port), { WS_CONTROL_TOKEN: token })
  }
  const code = block(readme, 'js', "{ url: 'http://127.0.0.1:10126', token }")
  assert.match(code, /^await sendGatewayMessage\('websocket', \{ message: 'hello' \}, /)
  await sendGatewayMessage('websocket', { message: 'hello' }, { url: `http://127.0.0.1:${port}`, token })
  assert.deepEqual(await client.messages(3), ['hello', 'hello', 'hello'])
})

test('gateway token makes one that gets in', async t => {
  const secret = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }
  const gateway = await startGateway(t, { env: secret })
  const token = (await shell(gateway, block(readme, 'sh', 'gateway token').trim(), secret)).trim()
  assert.equal(await refused(gateway.url), 401)
  await connect(t, gateway.url, ['bearer', token])
  await connect(t, `${gateway.url}/?token=${token}`)
})

test("the README's onClientHandshake", async t => {
  const code = block(readme, 'js', 'export async function onClientHandshake')
  const sessions = `const lookUp = async id => ({ a: { room: 'r', user: 'anna' }, b: { banned: true } })[id]
    export const onClientOpen = data => data.conn.send([data.conn.state.room, data.conn.user, data.conn.request.protocol])\n`
  const gateway = await startGateway(t, { listener: { 'listener.mjs': sessions + code } })
  const as = (session: string) => ({ headers: { cookie: `session=${session}` } })
  assert.equal(await refused(gateway.url, ['chat.v1', 'chat.v2'], as('c')), 401)
  const banned = await refusal(gateway.url, ['chat.v2'], as('b'))
  assert.equal(banned.status, 403)
  assert.equal(JSON.parse(banned.text).detail, 'not you')
  const client = await connect(t, gateway.url, ['chat.v1', 'chat.v2'], as('a'))
  assert.deepEqual(await client.messages(1), ['["r","anna","chat.v2"]'])
})

test('the values for the open internet are taken as they stand, and let a good client in', async t => {
  const folder = temporaryFolder(t)
  const secret = 'a secret that is long enough for HS256'
  writeFileSync(join(folder, 'jwt'), `${secret}\n`)
  certificate(folder, 'tls')
  const values = block(security, 'sh', 'WS_MAX_CONNECTIONS_PER_USER')
    .replaceAll('/run/secrets/', `${folder}/`)
    .trim()
    .split('\n')
    .map(line => line.split('=', 2) as [string, string])
  const gateway = await startGateway(t, { env: Object.fromEntries(values) })
  assert.deepEqual(
    gateway.lines.filter(line => line.event === 'config'),
    [],
    'no warning',
  )
  const token = (await shell(gateway, 'gateway token --user anna', { WS_JWT_SECRET: secret })).trim()
  const origin = 'https://www.example.com'
  const url = gateway.url.replace('ws:', 'wss:')
  const options = { rejectUnauthorized: false, headers: { origin } }
  assert.equal(await refused(url, [], options), 401)
  assert.equal(
    await refused(url, ['bearer', token], { ...options, headers: { origin: 'https://evil.example' } }),
    403,
  )
  const client = await connect(t, url, ['bearer', token], options)
  client.send('hello')
  assert.deepEqual(await client.messages(1), ['hello'])
})
