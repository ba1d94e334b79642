import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { certificate } from '../support/certificate.ts'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { type GatewayProcess, spawnGateway, startGateway, temporaryFolder } from '../support/gateway.ts'

/** Whose certificate the port shows, by a connection of its own. */
async function shownName(gateway: GatewayProcess, options: ConnectionOptions = {}): Promise<string> {
  const socket = connectTls({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    const certificate = socket.getPeerX509Certificate()
    return certificate?.subject ?? ''
  } finally {
    socket.destroy()
  }
}

const insecure = { rejectUnauthorized: false }

test('wss: with a certificate by file, renewed without dropping a connection', async t => {
  const folder = temporaryFolder(t)
  const first = certificate(folder, 'first')
  const second = certificate(folder, 'second')
  const gateway = await startGateway(t, {
    env: { WS_TLS_CERT_FILE: first.cert, WS_TLS_KEY_FILE: first.key },
    listener: {
      'listener.mjs': 'export const onClientOpen = data => data.conn.send(data.conn.request.secure)',
    },
  })
  const url = gateway.url.replace('ws:', 'wss:')
  const client = await connect(t, url, [], insecure)
  assert.deepEqual(await client.messages(1), ['true'])
  assert.equal(await shownName(gateway), 'CN=first')
  // The certificate comes first and does not go with the old key: that is no time to use it.
  renameSync(second.cert, first.cert)
  await gateway.line(line => line.level === 50 && /certificate cannot be used/.test(line.msg ?? ''))
  assert.equal(await shownName(gateway), 'CN=first')
  renameSync(second.key, first.key)
  await gateway.event('tls.load')
  assert.equal(await shownName(gateway), 'CN=second')
  client.send('still here')
  assert.deepEqual(await client.messages(2), ['true', 'still here'])
  const log = JSON.stringify(gateway.lines)
  assert.ok(!log.includes('PRIVATE KEY'))
})

test('plain HTTP, old versions of TLS and garbage get nowhere, and harm nobody', async t => {
  const { cert, key } = certificate(temporaryFolder(t), 'strict')
  const gateway = await startGateway(t, {
    env: {
      WS_TLS_CERT: readFileSync(cert, 'utf8').replaceAll('\n', '\\n'),
      WS_TLS_KEY: readFileSync(key, 'utf8'),
    },
  })
  await assert.rejects(
    shownName(gateway, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
  )
  assert.equal(await shownName(gateway, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), 'CN=strict')
  assert.equal(await shownName(gateway, { minVersion: 'TLSv1.3' }), 'CN=strict')
  for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05hello', 'x'.repeat(5000)]) {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.resume()
    socket.write(garbage)
    await once(socket, 'close')
  }
  const status = await new Promise((resolve, reject) => {
    const call = request({ port: gateway.port, path: '/healthz', ...insecure, agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end()
  })
  assert.equal(status, 200)
  assert.equal(gateway.lines.filter(line => line.level >= 50).length, 0)
})

test('a certificate without its key, or with another one, does not start', async t => {
  const folder = temporaryFolder(t)
  const one = certificate(folder, 'one')
  const other = certificate(folder, 'other')
  assert.match(new X509Certificate(readFileSync(one.cert)).subject, /one/)
  writeFileSync(join(folder, 'broken.crt'), 'no certificate')
  const cases: [Record<string, string>, RegExp][] = [
    [{ WS_TLS_CERT_FILE: one.cert }, /WS_TLS_KEY: got none/],
    [{ WS_TLS_KEY_FILE: one.key }, /WS_TLS_CERT: got none/],
    [{ WS_TLS_CERT_FILE: one.cert, WS_TLS_KEY_FILE: other.key }, /WS_TLS_KEY: is not the key of WS_TLS_CERT/],
    [
      { WS_TLS_CERT_FILE: join(folder, 'broken.crt'), WS_TLS_KEY_FILE: one.key },
      /WS_TLS_CERT: got .*, takes a certificate/,
    ],
    [{ WS_TLS_CERT_FILE: one.key, WS_TLS_KEY_FILE: one.key }, /WS_TLS_CERT: got a value that is not shown/],
  ]
  for (const [env, expected] of cases) {
    const gateway = spawnGateway(t, { listener: {}, env })
    assert.equal((await gateway.exited).code, 78)
    assert.match(gateway.stderr, expected)
    assert.ok(!gateway.stderr.includes('PRIVATE'))
  }
})

test('a certificate and a key of two kinds do not go together, at the start and at a renewal', async t => {
  const folder = temporaryFolder(t)
  const rsa = certificate(folder, 'rsa', { kind: ['rsa:2048'] })
  const ec = certificate(folder, 'ec')
  const mixed = spawnGateway(t, {
    listener: {},
    env: { WS_TLS_CERT_FILE: ec.cert, WS_TLS_KEY_FILE: rsa.key },
  })
  assert.equal((await mixed.exited).code, 78)
  assert.match(mixed.stderr, /WS_TLS_KEY: is not the key of WS_TLS_CERT/)
  const gateway = await startGateway(t, { env: { WS_TLS_CERT_FILE: rsa.cert, WS_TLS_KEY_FILE: rsa.key } })
  renameSync(ec.cert, rsa.cert)
  await gateway.line(line => line.level === 50 && /certificate cannot be used/.test(line.msg ?? ''))
  assert.equal(await shownName(gateway), 'CN=rsa')
  assert.equal(gateway.lines.filter(line => line.event === 'tls.load').length, 0)
  renameSync(ec.key, rsa.key)
  await gateway.event('tls.load')
  assert.equal(await shownName(gateway), 'CN=ec')
})

test('one file may hold both, also with line feeds in two characters, and no command shows the key', async t => {
  const folder = temporaryFolder(t)
  const { cert, key } = certificate(folder, 'both')
  const next = certificate(folder, 'next')
  const both = join(folder, 'both.pem')
  const write = (pair: { cert: string; key: string }): void =>
    writeFileSync(
      both,
      (readFileSync(pair.key, 'utf8') + readFileSync(pair.cert, 'utf8')).replaceAll('\n', '\\n'),
    )
  write({ cert, key })
  const env = { WS_TLS_CERT_FILE: both, WS_TLS_KEY_FILE: both }
  const gateway = await startGateway(t, { env })
  assert.equal(await shownName(gateway), 'CN=both')
  for (const words of [['config'], ['config', '--json']]) {
    const { out } = await cli({ cwd: gateway.folder, env }, ...words)
    assert.ok(!out.includes('PRIVATE KEY'))
  }
  write(next)
  await gateway.event('tls.load')
  assert.equal(await shownName(gateway), 'CN=next')
})

test('a TLS handshake that is under way does not outlive a stop', async t => {
  const { cert, key } = certificate(temporaryFolder(t), 'half')
  const gateway = await startGateway(t, { env: { WS_TLS_CERT_FILE: cert, WS_TLS_KEY_FILE: key } })
  const half = connectTcp(gateway.port, '127.0.0.1')
  half.on('error', () => half.destroy())
  half.resume()
  await once(half, 'connect')
  // So that the gateway has accepted it for certain.
  assert.equal(await shownName(gateway), 'CN=half')
  const closed = once(half, 'close')
  await gateway.call('POST', '/restart')
  await closed
  assert.equal(await shownName(gateway), 'CN=half')
})
