import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { callSocket, residentBytes, startGateway } from '../support/gateway.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

test('push: to all, to some, without some, binary, any JSON value, further keys for the listener', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onMessage = data => {
        if (data.room) { data.message = data.room + ':' + data.message + ':' + ('conn' in data) }
        if (data.quiet) data.message = null
      }`,
    },
  })
  const [a, b] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  const { connections } = (await gateway.call('GET', '/connections')).body
  const [idA, idB] = connections.map((c: { id: string }) => c.id)
  const pushes: [unknown, number][] = [
    [{ message: 'all' }, 2],
    [{ message: 'to a', connections: [idA, idA, 'gone'] }, 1],
    [{ message: 'not a', except: [idA] }, 1],
    [{ message: 'nobody', connections: [] }, 0],
    [{ message: 'nobody', connections: [idA], except: [idA] }, 0],
    [{ message: { n: 1 } }, 2],
    [{ message: 7 }, 2],
    [{ message: '' }, 2],
    [{ message: null }, 0],
    [{ message: 'hidden', quiet: true }, 0],
    [{ message: 'hi', room: 'x' }, 2],
    [{ message: 'AQID', encoding: 'base64' }, 2],
  ]
  for (const [body, recipients] of pushes) {
    const answer = await gateway.push(body)
    assert.deepEqual([answer.status, answer.body], [200, { recipients }], JSON.stringify(body))
  }
  const common = ['{"n":1}', '7', '', 'x:hi:false', Buffer.from([1, 2, 3])]
  assert.deepEqual(await a.messages(7), ['all', 'to a', ...common])
  assert.deepEqual(await b.messages(7), ['all', 'not a', ...common])
  assert.ok(idB)
  assert.equal((await gateway.call('GET', '/status')).body.counters.unknownRecipients, 1)
  assert.equal((await gateway.events('push', pushes.length)).length, pushes.length)
})

test('every wrong call gets its problem document, and none disturbs the gateway', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_PAYLOAD_BYTES: '1000' } })
  const long = 'x'.repeat(1001)
  const cases: [string, string, string | undefined, Record<string, string>, number, RegExp][] = [
    ['POST', '/push', '{"message":', JSON_TYPE, 400, /no JSON/],
    ['POST', '/push', '', JSON_TYPE, 400, /no JSON/],
    ['POST', '/push', '\xff\xfe', JSON_TYPE, 400, /no JSON/],
    ['POST', '/push', '"text"', JSON_TYPE, 400, /JSON object.*a string/],
    ['POST', '/push', '[{"message":1}]', JSON_TYPE, 400, /an array/],
    ['POST', '/push', 'null', JSON_TYPE, 400, /null/],
    ['POST', '/push', '{}', JSON_TYPE, 400, /"message"/],
    ['POST', '/push', '{"message":1,"conn":"x"}', JSON_TYPE, 400, /"conn"/],
    ['POST', '/push', '{"message":1,"connections":"x"}', JSON_TYPE, 400, /"connections" takes an array/],
    ['POST', '/push', '{"message":1,"except":null}', JSON_TYPE, 400, /"except" takes an array/],
    ['POST', '/push', '{"message":"x","encoding":"hex"}', JSON_TYPE, 400, /"encoding" takes "base64"/],
    ['POST', '/push', '{"message":"*","encoding":"base64"}', JSON_TYPE, 400, /no base64/],
    ['POST', '/push', '{"message":1,"encoding":"base64"}', JSON_TYPE, 400, /no base64/],
    ['POST', '/push', '{"message":1}', { 'content-type': 'text/plain' }, 415, /text\/plain/],
    ['POST', '/push', '{"message":1}', {}, 415, /none/],
    ['POST', '/push', '{"message":1}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, /gzip/],
    ['POST', '/push', JSON.stringify({ message: long }), JSON_TYPE, 413, /1001 bytes.*1000/],
    ['POST', '/push', JSON.stringify({ message: 'x'.repeat(70000) }), JSON_TYPE, 413, /67536/],
    ['GET', '/push', undefined, {}, 405, /POST/],
    ['DELETE', '/status', undefined, {}, 405, /GET/],
    ['GET', '/nowhere', undefined, {}, 404, /\/status/],
    ['POST', '/', undefined, {}, 405, /GET/],
    ['GET', '/constructor', undefined, {}, 404, /\/push/],
    ['GET', '/connections?limit=0', undefined, {}, 400, /limit takes/],
    ['GET', '/connections?limit=abc', undefined, {}, 400, /limit takes/],
    ['GET', '/connections?after=abc', undefined, {}, 400, /after takes/],
    ['GET', '/connections/unknown', undefined, {}, 404, /no connection/],
    ['DELETE', '/connections/unknown', undefined, {}, 404, /no connection/],
    ['GET', '/connections/%zz', undefined, {}, 400, /URL-encoded/],
  ]
  for (const [method, path, body, headers, status, detail] of cases) {
    const answer = await callSocket(
      gateway.socket,
      method,
      path,
      body && Buffer.from(body, 'latin1'),
      headers,
    )
    const what = `${method} ${path} ${body?.slice(0, 50)}`
    assert.equal(answer.status, status, what)
    assert.equal(answer.headers['content-type'], 'application/problem+json', what)
    assert.equal(answer.body.status, status, what)
    assert.ok(answer.body.title, what)
    assert.match(answer.body.detail, detail, what)
    if (status === 405) assert.ok(answer.headers.allow, what)
  }
  assert.equal((await callSocket(gateway.socket, 'GET', '/push')).headers.allow, 'POST')
  assert.equal((await gateway.push({ message: 'x'.repeat(1000) })).status, 200)
})

test('a pushed message may be as large as WS_MAX_PAYLOAD_BYTES once decoded, whatever its JSON takes', async t => {
  const gateway = await startGateway(t, { env: { WS_MAX_PAYLOAD_BYTES: '100000' } })
  const client = await connect(t, gateway.url)
  const binary = Buffer.alloc(100_000, 1).toString('base64')
  assert.equal((await gateway.push({ message: binary, encoding: 'base64' })).status, 200)
  assert.equal((await gateway.push({ message: '\n'.repeat(100_000) })).status, 200)
  const [first, second] = await client.messages(2)
  assert.equal(first?.length, 100_000)
  assert.equal(second?.length, 100_000)
  assert.equal((await gateway.push({ message: 'é'.repeat(50_001) })).status, 413)
})

test('a hook that throws is 500 with its message, one that runs out of time 504; nothing is sent', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LISTENER_TIMEOUT_MS: '200' },
    listener: {
      'listener.js': `export const onMessage = async data => {
        if (data.how === 'throw') throw new Error('no such room')
        if (data.how === 'hang') await new Promise(() => {})
        if (data.how === 'list') data.connections = 'everyone'
        if (data.how === 'value') data.message = 1n
      }`,
    },
  })
  const client = await connect(t, gateway.url)
  const thrown = await gateway.push({ message: 'x', how: 'throw' })
  assert.equal(thrown.status, 500)
  assert.match(thrown.body.detail, /no such room/)
  assert.equal((await gateway.push({ message: 'x', how: 'hang' })).status, 504)
  const list = await gateway.push({ message: 'x', how: 'list' })
  assert.equal(list.status, 500)
  assert.match(list.body.detail, /data\.connections takes an array/)
  assert.equal((await gateway.push({ message: 'x', how: 'value' })).status, 500)
  await gateway.push({ message: 'good' })
  assert.deepEqual(await client.messages(1), ['good'])
  assert.equal((await gateway.events('listener.error', 4)).length, 4)
})

test('text that is almost base64 is refused at once, however long it is', async t => {
  const gateway = await startGateway(t)
  // Each of these once took a time that doubled with every four letters, and the whole gateway with it.
  for (const message of [`${'AAAA'.repeat(400)}!`, `${'A'.repeat(100_001)}\n`, `${'AbC_'.repeat(1000)}=`]) {
    const { status, body } = await gateway.push({ message, encoding: 'base64' })
    assert.equal(status, 400)
    assert.match(body.detail, /no base64/)
  }
})

test('connections in pages, one of them, and closing it', async t => {
  const gateway = await startGateway(t)
  const clients = []
  for (let n = 0; n < 25; n++) clients.push(await connect(t, `${gateway.url}/n/${n}?secret=1`))
  const seen: string[] = []
  let query = '?limit=10'
  for (let page = 0; page < 3; page++) {
    const { connections, next } = (await gateway.call('GET', `/connections${query}`)).body
    assert.equal(connections.length, page < 2 ? 10 : 5)
    for (const c of connections) seen.push(c.path)
    assert.equal(next, page < 2 ? connections.at(-1).id : undefined)
    // The one that the next page goes on behind closes meanwhile.
    if (page === 0) {
      await gateway.call('DELETE', `/connections/${next}`)
      await clients[9]?.closed
    }
    query = `?limit=10&after=${next}`
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, n) => `/n/${n}`),
  )
  const { connections } = (await gateway.call('GET', '/connections')).body
  const [{ id }] = connections
  clients[0]?.send('one')
  await clients[0]?.messages(1)
  const one = (await gateway.call('GET', `/connections/${id}`)).body
  assert.deepEqual(Object.keys(one), ['id', 'ip', 'path', 'openedAt', 'received', 'sent', 'bufferedBytes'])
  assert.deepEqual([one.ip, one.path, one.received, one.sent], ['127.0.0.1', '/n/0', 1, 1])
  assert.ok(Math.abs(Date.parse(one.openedAt) - Date.now()) < 60_000)
  for (const code of ['1005', '999', '1015', '2999', '5000', 'x', '10000', '']) {
    assert.equal((await gateway.call('DELETE', `/connections/${id}?code=${code}`)).status, 400, code)
  }
  assert.equal((await gateway.call('DELETE', `/connections/${id}?reason=${'x'.repeat(124)}`)).status, 400)
  assert.equal(
    (await gateway.call('DELETE', `/connections/${id}?code=4000&reason=gr%C3%BC%C3%9Fe`)).status,
    200,
  )
  assert.deepEqual(await clients[0]?.closed, { code: 4000, reason: 'grüße' })
  assert.equal((await gateway.call('GET', `/connections/${id}`)).status, 404)
})

test('status has what the contract names', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': 'export const onMessage = () => {}' } })
  const { body } = await gateway.call('GET', '/status')
  assert.deepEqual(Object.keys(body).sort(), [
    'closes',
    'connections',
    'counters',
    'groups',
    'id',
    'listener',
    'mode',
    'port',
    'process',
    'refusals',
    'state',
    'uptimeMs',
    'users',
    'version',
  ])
  assert.equal(body.port, gateway.port)
  assert.ok(body.uptimeMs >= 0)
  assert.match(body.listener.path, /listener\.js$/)
  assert.ok(Date.parse(body.listener.loadedAt) > 0)
  assert.equal(body.listener.generation, 1)
  assert.equal(body.listener.error, null)
  const head = await callSocket(gateway.socket, 'HEAD', '/status')
  assert.deepEqual([head.status, head.body], [200, ''])
})

test('rubbish on the control socket harms nobody', async t => {
  const gateway = await startGateway(t)
  const chunked = 'POST /push HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n'
  for (const [rubbish, status] of [
    ['\0\0\0\0', 400],
    ['GET\r\n\r\n', 400],
    [`${chunked}no chunk\r\n`, 400],
    [`GET / HTTP/1.1\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`, 431],
    ['', undefined],
  ] as const) {
    const answer = await new Promise<string>(resolve => {
      let text = ''
      const socket = createConnection(gateway.socket, () => socket.write(rubbish))
      if (rubbish === '') socket.end()
      socket.on('data', bytes => {
        text += bytes
      })
      socket.on('error', () => resolve(text))
      socket.on('close', () => resolve(text))
    })
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    assert.equal(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1], status && String(status), rubbish.slice(0, 50))
    if (status === undefined) continue
    assert.match(head, /Content-Type: application\/problem\+json/)
    assert.equal(JSON.parse(body).status, status)
  }
  // A body that breaks off is no push.
  await new Promise<void>(resolve => {
    const head =
      'POST /push HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n'
    const socket = createConnection(gateway.socket, () => {
      socket.write(`${head}{"message":`)
      setTimeout(() => socket.destroy(), 50)
    })
    socket.on('close', () => resolve())
  })
  assert.equal((await gateway.call('GET', '/status')).body.counters.pushes, 0)
})

test('a body of 100 MB is 413 without being held in memory', async t => {
  const gateway = await startGateway(t)
  const before = residentBytes(gateway.child.pid)
  const answer = await callSocket(gateway.socket, 'POST', '/push', Buffer.alloc(100_000_000, 32), JSON_TYPE)
  assert.equal(answer.status, 413)
  assert.ok(residentBytes(gateway.child.pid) - before < 40e6)
})
