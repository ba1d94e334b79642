/** WS_PATH: which path there is, and which group it leads to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refusal, refused } from '../support/client.ts'
import { spawnGateway, startGateway } from '../support/gateway.ts'

const listener = {
  'listener.mjs': `export const onClientHandshake = (data, gateway) => gateway.log.info('asked')
export const onClientOpen = ({ conn }) => conn.send([conn.groups, conn.request.path])`,
}

test('a path with a group in it: who comes there is in that group', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/ws/:group' } })
  const long = 'x'.repeat(256)
  const paths: [string, string][] = [
    ['news', 'news'],
    ['a%2Fb', 'a/b'],
    ['a%20b%20%C3%BC', 'a b ü'],
    ['%F0%9F%9A%80', '🚀'],
    ['50%25', '50%'],
    ['%253A', '%3A'],
    ['__proto__', '__proto__'],
    [':group', ':group'],
    ['a.b-c_d~e!', 'a.b-c_d~e!'],
    ['%00', '\0'],
    [long, long],
  ]
  for (const [part, group] of paths) {
    const client = await connect(t, `${gateway.url}/ws/${part}?x=/ws/other`)
    const [text] = await client.messages(1)
    assert.deepEqual(JSON.parse(String(text)), [[group], `/ws/${part}`])
    assert.deepEqual((await gateway.push({ message: 'x', groups: [group] })).body, { recipients: 1 }, part)
  }
})

test('any other path is 404, before any code of the listener runs', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/ws/:group' } })
  const wrong = [
    '',
    '/',
    '/ws',
    '/ws/',
    '/ws/a/b',
    '/ws/a/',
    '//ws/a',
    '/WS/a',
    '/wss/a',
    '/x/ws/a',
    '/healthz',
    '/?/ws/a',
  ]
  for (const path of wrong) assert.equal(await refused(gateway.url + path), 404, path)
  for (const path of ['/ws/%zz', '/ws/%C3', '/ws/%ED%A0%80', `/ws/${'x'.repeat(257)}`, '/ws/%']) {
    assert.match(String(await refused(gateway.url + path)), /^40[04]$/, path.slice(0, 20))
  }
  const told = await refusal(`${gateway.url}/elsewhere`)
  assert.equal(told.headers['content-type'], 'application/problem+json')
  assert.ok(JSON.parse(told.text).detail)
  assert.equal(gateway.lines.filter(line => line.msg === 'asked').length, 0)
  const { counters, connections } = (await gateway.call('GET', '/status')).body
  assert.deepEqual([counters.refused, connections], [wrong.length + 6, 0])
  assert.equal((await gateway.event('client.refused')).status, 404)
})

test('a fixed path, and /healthz beside it', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/chat/v1' } })
  const client = await connect(t, `${gateway.url}/chat/v1?x=1`)
  const [text] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(text)), [[], '/chat/v1'])
  for (const path of ['/', '/chat', '/chat/v2', '/chat/v1/', '/chat/v1/x', '/chat%2Fv1']) {
    assert.equal(await refused(gateway.url + path), 404, path)
  }
  const http = gateway.url.replace('ws:', 'http:')
  assert.equal((await fetch(`${http}/healthz`)).status, 200)
})

test('the group may stand anywhere in the path', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_PATH: '/rooms/:group/live' } })
  const client = await connect(t, `${gateway.url}/rooms/a%20b/live`)
  const [text] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(text)), [['a b'], '/rooms/a%20b/live'])
  assert.equal(await refused(`${gateway.url}/rooms/a`), 404)
  assert.equal(await refused(`${gateway.url}/rooms/a/dead`), 404)
})

test('without it any path gets in, and into no group', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, `${gateway.url}/ws/:group`)
  const [text] = await client.messages(1)
  assert.deepEqual(JSON.parse(String(text)), [[], '/ws/:group'])
})

test('a WS_PATH that can be none ends the process with 78', async t => {
  for (const path of ['chat', 'ws://x/chat', '/a?b', '/:group/:group']) {
    const gateway = spawnGateway(t, { listener: {}, env: { WS_PATH: path } })
    assert.equal((await gateway.exited).code, 78, path)
    assert.match(gateway.stderr, /WS_PATH: got /)
  }
})
