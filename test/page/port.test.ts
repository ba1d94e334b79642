/** What a browser gets of the public port: the first page and the client, and nothing else. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'

interface Got {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

function ask(
  { port }: GatewayProcess,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, async response => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
    call.on('error', reject)
    call.end()
  })
}

const H2C = {
  Connection: 'Upgrade, HTTP2-Settings',
  Upgrade: 'h2c',
  'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
}

test('the page, with a policy that lets its own script and style run and nothing else', async t => {
  const gateway = await startGateway(t)
  const page = await ask(gateway, '/?from=somewhere')
  assert.equal(page.status, 200)
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(page.headers['x-content-type-options'], 'nosniff')
  assert.equal(page.headers['referrer-policy'], 'no-referrer')
  assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(page.headers['cache-control'], 'no-cache')
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; /)
  assert.doesNotMatch(policy, /unsafe|\*|http/)
  for (const name of ['script', 'style']) {
    const inline = new RegExp(`<${name}[^>]*>(.*?)</${name}>`, 's').exec(page.text)?.[1] ?? ''
    const hash = createHash('sha256').update(inline).digest('base64')
    assert.ok(inline.length > 1000 && policy.includes(`${name}-src 'sha256-${hash}';`), name)
  }
  assert.doesNotMatch(page.text, /%[A-Z]+%|https?:\/\/(?!www\.w3\.org)/)
  const head = await ask(gateway, '/', 'HEAD')
  assert.deepEqual([head.status, head.text], [200, ''])
  assert.equal(head.headers['content-length'], String(Buffer.byteLength(page.text)))
  const again = await ask(gateway, '/', 'GET', { 'If-None-Match': `"other", W/${page.headers.etag}` })
  assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', page.headers.etag])
  assert.equal((await ask(gateway, '/', 'GET', { 'If-None-Match': '"other"' })).status, 200)
  // An upgrade to something else may be ignored (RFC 9110 §7.8).
  assert.equal((await ask(gateway, '/', 'GET', H2C)).text, page.text)
  assert.deepEqual([(await ask(gateway, '/', 'HEAD', H2C)).text, page.status], ['', 200])
  const known = await ask(gateway, '/', 'GET', { ...H2C, 'If-None-Match': String(page.headers.etag) })
  assert.deepEqual([known.status, known.headers['content-length']], [304, undefined])
})

test('the client for browsers, for pages of any origin', async t => {
  const gateway = await startGateway(t)
  const client = await ask(gateway, '/client.js')
  assert.equal(client.status, 200)
  assert.equal(client.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(client.headers['access-control-allow-origin'], '*')
  assert.equal(client.headers['cache-control'], 'no-cache')
  assert.match(client.text, /export\{/)
  assert.equal((await ask(gateway, '/client.js', 'HEAD')).status, 200)
  const known = { 'If-None-Match': String(client.headers.etag) }
  assert.equal((await ask(gateway, '/client.js', 'GET', known)).status, 304)
})

test('no other path and no other method gives a file, and an upgrade is a WebSocket everywhere', async t => {
  const gateway = await startGateway(t)
  const paths = [
    '/page.html',
    '/page.csp',
    '/client.d.ts',
    '/client.js/',
    '//',
    '/index.html',
    '/favicon.ico',
  ]
  for (const path of [
    ...paths,
    '/browser/client.js',
    '/..%2fpackage.json',
    '/%2e%2e/main.js',
    '/console.js',
  ]) {
    assert.equal((await ask(gateway, path)).status, 426, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    for (const path of ['/', '/client.js'])
      assert.equal((await ask(gateway, path, method)).status, 426, method)
  }
  for (const path of ['/', '/client.js']) {
    const client = await connect(t, gateway.url + path)
    client.send('hello')
    assert.deepEqual(await client.messages(1), ['hello'])
    await client.close()
  }
})

test('a handshake whose Upgrade a proxy has cut out gets 426, not the page', async t => {
  const gateway = await startGateway(t)
  const cut = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  for (const path of ['/', '/client.js']) assert.equal((await ask(gateway, path, 'GET', cut)).status, 426)
})

test('WS_PAGE=off: 426 as ever, and /healthz', async t => {
  const gateway = await startGateway(t, { env: { WS_PAGE: 'off' } })
  for (const path of ['/', '/client.js']) {
    const { status, headers } = await ask(gateway, path)
    assert.deepEqual([status, headers.upgrade], [426, 'websocket'])
    assert.equal((await ask(gateway, path, 'HEAD')).status, 426)
  }
  assert.equal((await ask(gateway, '/healthz')).status, 200)
})

test('the page knows WS_PATH, which is no markup in it, and that a token is asked for', async t => {
  const gateway = await startGateway(t, {
    env: { WS_PATH: '/"><b>$&', WS_JWT_SECRET: 'a secret that is long enough for HS256' },
  })
  const { text } = await ask(gateway, '/')
  assert.ok(
    text.includes('<html lang="en" data-path="/&quot;>&lt;b>$&amp;" data-token="needed">'),
    text.slice(0, 200),
  )
  const open = await startGateway(t)
  assert.ok((await ask(open, '/')).text.includes('<html lang="en" data-path="" data-token="">'))
})
