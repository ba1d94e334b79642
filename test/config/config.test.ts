import assert from 'node:assert/strict'
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
    onOpen: 'onClientOpen',
    onClose: 'onClientClose',
    onMessage: 'onMessage',
    listenerPollMs: null,
    listenerTimeoutMs: 30000,
    logDir: 'logs',
    logLevel: 'info',
    controlDir: 'run',
    controlMode: 0o660,
    controlGid: null,
    maxPayloadBytes: 1048576,
    shutdownTimeoutMs: 8000,
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
    { WS_PROT: '1', WS_LISTENER_TIMEOUT: '2', WS_PORT_FILE: '', WSX: '1' },
    empty,
  )
  assert.deepEqual(warnings, [
    'WS_LISTENER_TIMEOUT is not a variable of the gateway; did you mean WS_LISTENER_TIMEOUT_MS?',
    'WS_PROT is not a variable of the gateway; did you mean WS_PORT?',
  ])
  assert.equal(nearest('WS_QQQQQQQQQQQQQQQQQQQQ', ['WS_PORT']), undefined)
})
