import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nearest } from '../../src/config/nearest.ts'
import { ConfigError, readConfig } from '../../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'gw-config-'))
after(() => rmSync(folder, { recursive: true }))
const empty = mkdtempSync(join(folder, 'empty-'))

function faults(environment: Record<string, string>, where = empty): readonly string[] {
  try {
    readConfig(environment, where)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults
  }
}

test('the defaults are those of the contract', () => {
  assert.deepEqual(readConfig({}, empty).settings, {
    gatewayId: 'websocket',
    host: null,
    port: 10125,
    startupMode: 'automatic',
    listener: 'listener',
    listenerSecret: null,
    listenerEvents: ['handshake', 'open', 'message', 'close', 'push'],
    listenerConcurrency: 64,
    onOpen: 'onClientOpen',
    page: true,
    onClose: 'onClientClose',
    onMessage: 'onMessage',
    onHandshake: 'onClientHandshake',
    listenerPollMs: null,
    listenerTimeoutMs: 30000,
    listenerStuckMs: 0,
    logDir: 'logs',
    logLevel: 'info',
    logMaxBytes: 0,
    logMaxFiles: 5,
    controlDir: 'run',
    controlMode: 0o660,
    controlGid: null,
    controlPort: null,
    controlHost: '127.0.0.1',
    controlToken: null,
    shutdownTimeoutMs: 8000,
    drainMs: 0,
    path: null,
    allowedOrigins: ['*'],
    trustProxy: [],
    jwtSecret: null,
    jwtPublicKey: null,
    jwtJwksUrl: null,
    jwtIssuer: null,
    jwtAudience: null,
    jwtCookie: null,
    jwtGroupsClaim: null,
    tlsCert: null,
    tlsKey: null,
    maxPayloadBytes: 1048576,
    maxConnections: 0,
    maxConnectionsPerIp: 0,
    maxConnectionsPerUser: 0,
    maxMessagesPerSecond: 0,
    maxMessagesBurst: 0,
    maxPendingEvents: 64,
    handshakeTimeoutMs: 10_000,
    maxHeaderBytes: 16_384,
    heartbeatMs: 25_000,
    idleTimeoutMs: 0,
    maxConnectionAgeMs: 0,
    maxBufferedBytes: 4_194_304,
    slowConsumer: 'close',
    compression: false,
    compressionThresholdBytes: 1024,
    redisUrl: null,
    redisHistory: 50_000,
    redisHistoryBytes: 268_435_456,
    redisBufferBytes: 67_108_864,
    nodeTimeoutMs: 10_000,
    presenceGraceMs: 3000,
    pushStream: null,
  })
})

test('all faults at once, each with its name, what it got and what it takes', () => {
  const all = faults({
    WS_PORT: '70000',
    WS_STARTUP_MODE: 'sometimes',
    WS_GATEWAY_ID: 'a b',
    WS_CONTROL_MODE: '0999',
    WS_LISTENER_TIMEOUT_MS: '-1',
    WS_SHUTDOWN_TIMEOUT_MS: '1e3',
    WS_LISTENER_ON_OPEN: 'on open',
  })
  assert.equal(all.length, 7)
  assert.ok(all.includes('WS_PORT: got "70000", takes a whole number from 0 to 65535'))
  assert.ok(all.includes('WS_STARTUP_MODE: got "sometimes", takes one of automatic, manual, disabled'))
})

test('a port that Kubernetes injected is explained', () => {
  assert.match(faults({ WS_PORT: 'tcp://10.0.0.1:80' })[0] ?? '', /Kubernetes.*enableServiceLinks: false/)
})

test('an empty value counts as unset', () => {
  const { settings, entries } = readConfig({ WS_PORT: '', WS_GATEWAY_ID_FILE: '' }, empty)
  assert.equal(settings.port, 10125)
  assert.equal(entries.find(entry => entry.name === 'WS_PORT')?.source, 'default')
})

test('NAME_FILE gives a value without its last newline; both, or a file that is not there, are faults', () => {
  const file = join(folder, 'id')
  writeFileSync(file, 'from-file\n')
  const { settings, entries } = readConfig({ WS_GATEWAY_ID_FILE: file }, empty)
  assert.equal(settings.gatewayId, 'from-file')
  assert.equal(entries.find(entry => entry.name === 'WS_GATEWAY_ID')?.source, `file ${file}`)
  assert.match(faults({ WS_GATEWAY_ID: 'a', WS_GATEWAY_ID_FILE: file })[0] ?? '', /both WS_GATEWAY_ID and/)
  assert.match(
    faults({ WS_PORT_FILE: '/nowhere' })[0] ?? '',
    /^WS_PORT_FILE: got "\/nowhere", takes .*ENOENT/,
  )
})

test('.env is read, and the environment wins, by file as well', () => {
  const where = mkdtempSync(join(folder, 'env-'))
  const file = join(folder, 'port')
  writeFileSync(file, '3')
  writeFileSync(join(where, '.env'), 'WS_PORT=1\nWS_GATEWAY_ID="quoted id"\nWS_LOG_LEVEL=debug # why\n')
  assert.equal(readConfig({ WS_GATEWAY_ID: 'x' }, where).settings.port, 1)
  assert.equal(readConfig({ WS_GATEWAY_ID: 'x' }, where).settings.logLevel, 'debug')
  assert.equal(readConfig({ WS_GATEWAY_ID: 'x', WS_PORT: '2' }, where).settings.port, 2)
  assert.equal(readConfig({ WS_GATEWAY_ID: 'x', WS_PORT_FILE: file }, where).settings.port, 3)
  assert.deepEqual(faults({}, where), [
    'WS_GATEWAY_ID: got "quoted id" (from .env), takes at most 64 of the letters A to Z and a to z, digits, ".", "_" and "-"',
  ])
})

test('an unknown name is warned of with the nearest known one', () => {
  const { warnings } = readConfig(
    { WS_PROT: '1', WS_LISTENER_TIMEOUT: '2', WS_PORT_FILE: '', WSX: '1', WS_ALLOWED_ORIGINS: '*' },
    empty,
  )
  assert.deepEqual(warnings, [
    'WS_LISTENER_TIMEOUT is not a variable of the gateway; did you mean WS_LISTENER_TIMEOUT_MS?',
    'WS_PROT is not a variable of the gateway; did you mean WS_PORT?',
  ])
  assert.equal(nearest('WS_QQQQQQQQQQQQQQQQQQQQ', ['WS_PORT']), undefined)
})

test('lists are separated by commas, blanks around them ignored; the bad one is named', () => {
  const origins = ' https://a.example , https://*.b.example,'
  assert.deepEqual(readConfig({ WS_ALLOWED_ORIGINS: origins }, empty).settings.allowedOrigins, [
    'https://a.example',
    'https://*.b.example',
  ])
  const [fault = ''] = faults({ WS_ALLOWED_ORIGINS: 'https://a.example,b.example' })
  assert.match(fault, /^WS_ALLOWED_ORIGINS: got .*, takes a list, .*; "b\.example" is none$/)
  assert.match(faults({ WS_ALLOWED_ORIGINS: ',' })[0] ?? '', /the list is empty/)
  assert.match(faults({ WS_TRUST_PROXY: 'nginx' })[0] ?? '', /WS_TRUST_PROXY: .*"nginx" is none/)
})

test('limits take any positive value, and 0 or off for none; switches take six words', () => {
  const read = (env: Record<string, string>) => readConfig(env, empty).settings
  assert.equal(read({ WS_MAX_CONNECTION_AGE_MS: '2592000000' }).maxConnectionAgeMs, 2_592_000_000)
  assert.equal(read({ WS_MAX_CONNECTIONS: '1' }).maxConnections, 1)
  for (const off of ['0', 'off', 'OFF']) assert.equal(read({ WS_HEARTBEAT_MS: off }).heartbeatMs, 0)
  for (const on of ['on', 'true', '1', 'On']) assert.equal(read({ WS_COMPRESSION: on }).compression, true)
  for (const off of ['off', 'false', '0']) assert.equal(read({ WS_COMPRESSION: off }).compression, false)
  assert.match(faults({ WS_COMPRESSION: 'yes' })[0] ?? '', /takes on or off/)
  assert.match(faults({ WS_MAX_CONNECTIONS: '-1' })[0] ?? '', /takes a whole number from 1 .*or 0 or off/)
})

test('the log: a bound that is too small or no number is a fault; a number of files without a bound is warned of', () => {
  assert.deepEqual(faults({ WS_LOG_MAX_BYTES: '1000', WS_LOG_MAX_FILES: '1' }), [
    'WS_LOG_MAX_BYTES: got "1000", takes a whole number of bytes from 65536 to 999999999999999, or 0 or off',
    'WS_LOG_MAX_FILES: got "1", takes a whole number from 2 to 1000',
  ])
  assert.ok(
    readConfig({ WS_LOG_MAX_FILES: '3' }, empty).warnings.includes(
      'WS_LOG_MAX_FILES says nothing without WS_LOG_MAX_BYTES',
    ),
  )
})

test('what does not go together is a fault, and names what is missing', () => {
  const secret = 'a secret that is long enough for HS256'
  assert.match(
    faults({ WS_JWT_SECRET: secret, WS_JWT_JWKS_URL: 'https://id.example/jwks' })[0] ?? '',
    /^WS_JWT_JWKS_URL: got together with WS_JWT_SECRET, takes one key alone/,
  )
  assert.match(faults({ WS_JWT_ISSUER: 'me' })[0] ?? '', /^WS_JWT_ISSUER: got "me" without a key/)
  assert.match(faults({ WS_CONTROL_PORT: '1' })[0] ?? '', /^WS_CONTROL_TOKEN: got none/)
  assert.match(faults({ WS_JWT_JWKS_URL: 'id.example' })[0] ?? '', /takes a URL/)
  const short = faults({ WS_CONTROL_TOKEN: 'short and secret' })[0] ?? ''
  assert.match(short, /got a value that is not shown, takes at least 16/)
})

test('keys: a private one, a weak one and garbage are refused, and none is shown', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.match(faults({ WS_JWT_PUBLIC_KEY: weak })[0] ?? '', /an RSA key of 1024 bits/)
  const [fault = ''] = faults({ WS_JWT_PUBLIC_KEY: secret })
  assert.match(fault, /this is a private key/)
  assert.ok(!fault.includes('BEGIN'))
  assert.match(faults({ WS_JWT_PUBLIC_KEY: 'garbage' })[0] ?? '', /it cannot be read/)
})

test('warnings: a short secret, tokens in cookies for every origin, a drain that is too long', () => {
  const warned = (env: Record<string, string>) => readConfig(env, empty).warnings.join('\n')
  assert.match(warned({ WS_JWT_SECRET: 'short' }), /WS_JWT_SECRET has 5 bytes/)
  const cookie = { WS_JWT_SECRET: 'x'.repeat(32), WS_JWT_COOKIE: 'session' }
  assert.match(warned({ ...cookie, WS_ALLOWED_ORIGINS: '*' }), /every page .*in the name of/)
  assert.doesNotMatch(warned({ ...cookie, WS_ALLOWED_ORIGINS: 'https://a.example' }), /WS_JWT_COOKIE/)
  assert.match(warned({ WS_DRAIN_MS: '8000' }), /WS_DRAIN_MS of 8000/)
  assert.match(warned({ WS_MAX_MESSAGES_BURST: '5' }), /WS_MAX_MESSAGES_BURST says nothing/)
})

test('a secret that has not arrived opens no door: an empty file is a fault, an empty text is warned of', () => {
  const file = join(folder, 'empty-secret')
  writeFileSync(file, '\n')
  for (const name of ['WS_JWT_SECRET', 'WS_JWT_PUBLIC_KEY', 'WS_TLS_CERT', 'WS_CONTROL_TOKEN']) {
    assert.match(
      faults({ [`${name}_FILE`]: file })[0] ?? '',
      new RegExp(`^${name}_FILE: got ".*", which is empty`),
    )
  }
  assert.equal(readConfig({ WS_GATEWAY_ID_FILE: file }, empty).settings.gatewayId, 'websocket')
  const { warnings } = readConfig({ WS_JWT_SECRET: '', WS_ALLOWED_ORIGINS: '*' }, empty)
  assert.match(warnings[0] ?? '', /^WS_JWT_SECRET is set to an empty text/)
})

test('a URL of keys has no password in it', () => {
  const [fault = ''] = faults({ WS_JWT_JWKS_URL: 'https://user:secret@id.example/jwks' })
  assert.match(fault, /without a name and password/)
})
