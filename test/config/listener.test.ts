import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { applicationAddress } from '../../src/config/listener-place.ts'
import { ConfigError, readConfig } from '../../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'gw-config-'))
after(() => rmSync(folder, { recursive: true }))

const read = (env: Record<string, string>) => readConfig({ WS_ALLOWED_ORIGINS: '*', ...env }, folder)

function fault(env: Record<string, string>): string {
  try {
    read(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults.join('\n')
  }
  throw new Error('there is no fault')
}

test('WS_LISTENER is a file, a folder, or the address of an application', () => {
  for (const path of ['listener', './a:b', '/srv/x.ts', 'C:\\listener', 'unix', 'http', '../http:/x']) {
    assert.equal(applicationAddress(path), undefined, path)
  }
  const http = (origin: string, target: string) => ({ origin, socketPath: undefined, target })
  const unix = (socketPath: string, target: string) => ({ origin: 'http://localhost', socketPath, target })
  for (const [text, address] of [
    ['http://app', http('http://app', '/')],
    ['http://app:8080/websocket', http('http://app:8080', '/websocket')],
    ['HTTPS://App.example/a b?c=d', http('https://app.example', '/a%20b?c=d')],
    ['http://[::1]:81/x', http('http://[::1]:81', '/x')],
    ['unix:/run/app.sock:/websocket', unix('/run/app.sock', '/websocket')],
    ['unix:/run/app.sock:/a?b=c', unix('/run/app.sock', '/a?b=c')],
    ['unix:/run/app.sock', unix('/run/app.sock', '/')],
    ['unix:///run/app.sock:/x', unix('/run/app.sock', '/x')],
    ['unix:run/my:app.sock:/x', unix('run/my:app.sock', '/x')],
    ['unix:/a.sock://x/y', unix('/a.sock', '//x/y')],
  ] as const) {
    assert.deepEqual(applicationAddress(text), address, text)
  }
})

test('an address that is none is a fault that says why', () => {
  for (const text of [
    'http:/app',
    'http://',
    'https:app',
    'ftp://app/x',
    'ws://app/x',
    'http://app:99999/',
  ]) {
    assert.match(
      fault({ WS_LISTENER: text }),
      /^WS_LISTENER: got ".*", takes a file, a folder, or the address/,
      text,
    )
  }
  for (const secret of ['secret', 'sec/ret', 'sec@ret']) {
    const text = fault({ WS_LISTENER: `http://me:${secret}@app/` })
    assert.match(text, /^WS_LISTENER: got "http:\/\/…@app\/", takes/)
    assert.doesNotMatch(text, /sec|ret/)
  }
  assert.match(fault({ WS_LISTENER: 'http://app/#x' }), /#x is never sent/)
  for (const text of ['unix:', 'unix:/', 'unix:/run/'])
    assert.match(fault({ WS_LISTENER: text }), /it names no socket/)
  for (const text of ['unix:/a.sock:', 'unix:/a.sock:p']) {
    assert.match(fault({ WS_LISTENER: text }), /behind the socket and a colon stands a path/)
  }
  assert.match(fault({ WS_LISTENER: 'unix:/a.sock:/x#y' }), /#y is never sent/)
  assert.match(fault({ WS_LISTENER: 'app:8080/x' }), /did you mean http:\/\/app:8080\/x\?/)
  assert.match(fault({ WS_LISTENER: 'http://app:0/' }), /nobody can be reached at port 0/)
  assert.match(
    fault({ WS_LISTENER: `unix:/${'x'.repeat(107)}:/` }),
    /has 108 bytes, and the system takes 107/,
  )
})

test('secrets: a text as it stands, base64 behind whsec_, two with a comma; never shown', () => {
  const keys = (secret: string) =>
    read({ WS_LISTENER: 'http://app', WS_LISTENER_SECRET: secret }).settings.listenerSecret?.map(key =>
      Buffer.from(key).toString(),
    )
  assert.deepEqual(keys('a text, as'), ['a text', 'as'])
  assert.deepEqual(keys('one text'), ['one text'])
  assert.deepEqual(keys(`whsec_${Buffer.from('the key').toString('base64')},old`), ['the key', 'old'])
  const bad = fault({ WS_LISTENER_SECRET: 'whsec_§' })
  assert.match(bad, /got a value that is not shown, takes a secret, or two .*no base64/)
  assert.match(fault({ WS_LISTENER_SECRET: 'a,b,c' }), /these are 3/)
  assert.match(fault({ WS_LISTENER_SECRET: 'whsec_' }), /no base64/)
  const file = join(folder, 'empty')
  writeFileSync(file, '\n')
  assert.match(fault({ WS_LISTENER_SECRET_FILE: file }), /which is empty/)
  const { entries } = read({ WS_LISTENER: 'http://app', WS_LISTENER_SECRET: 'one text' })
  assert.equal(entries.find(({ name }) => name === 'WS_LISTENER_SECRET')?.value, '********')
})

test('the events, and how many requests', () => {
  const { settings } = read({ WS_LISTENER_EVENTS: 'push, Message', WS_LISTENER_CONCURRENCY: '1' })
  assert.deepEqual(settings.listenerEvents, ['push', 'message'])
  assert.equal(settings.listenerConcurrency, 1)
  assert.match(fault({ WS_LISTENER_EVENTS: 'push,onMessage' }), /of one of handshake, .*"onMessage" is none/)
  assert.match(fault({ WS_LISTENER_CONCURRENCY: '0' }), /takes a whole number from 1 to 10000/)
})

test('what says nothing, or little, is warned of', () => {
  const warned = (env: Record<string, string>) => read(env).warnings.join('\n')
  assert.equal(warned({}), '')
  const idle = warned({ WS_LISTENER_SECRET: 'x', WS_LISTENER_EVENTS: 'push', WS_LISTENER_CONCURRENCY: '2' })
  for (const name of ['SECRET', 'EVENTS', 'CONCURRENCY']) {
    assert.match(idle, new RegExp(`WS_LISTENER_${name} has no effect where WS_LISTENER is a file or folder`))
  }
  const http = warned({ WS_LISTENER: 'http://app', WS_LISTENER_ON_HANDSHAKE: 'x', WS_LISTENER_POLL_MS: '5' })
  assert.match(http, /WS_LISTENER_ON_HANDSHAKE has no effect where WS_LISTENER is an application/)
  assert.match(http, /WS_LISTENER_POLL_MS has no effect/)
  assert.match(http, /WS_LISTENER_SECRET is not set/)
  const secret = { WS_LISTENER: 'http://app', WS_LISTENER_SECRET: 'x'.repeat(24) }
  assert.equal(warned(secret), '')
  assert.match(warned({ ...secret, WS_LISTENER_SECRET: 'short' }), /WS_LISTENER_SECRET has 5 bytes/)
  assert.match(warned({ ...secret, WS_LISTENER_EVENTS: 'push' }), /what a client sends goes to everyone/)
  assert.equal(warned({ WS_LISTENER: 'unix:/run/app.sock' }), '')
})
