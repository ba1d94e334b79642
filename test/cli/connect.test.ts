import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { certificate } from '../support/certificate.ts'
import { cli, startCli } from '../support/cli.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'
import { rawServer } from '../support/raw-server.ts'
import { noTerminal, terminal } from '../support/terminal.ts'

const LISTENER = `
export const onClientOpen = d => d.conn.send(d.conn.request.path + d.conn.request.query + (d.conn.user ?? ''))
export const onMessage = d => {
  if (d.message === 'close') return d.conn.close(4000, 'as you \\n like')
  if (d.message === 'bytes') d.message = Buffer.from([0, 171])
}`

/** Connects, sends these lines and waits for what must be printed then, however late it comes. Ctrl-C ends the wait. */
async function talkUntil(
  t: TestContext,
  cwd: string,
  input: string,
  words: string[],
  out: RegExp,
  ...err: RegExp[]
) {
  const running = startCli(t, { cwd }, 'connect', ...words, '--wait', '60')
  running.child.stdin?.end(input)
  await running.prints(out)
  for (const pattern of err) await running.says(pattern)
  running.child.kill('SIGINT')
  return running.ended
}

test('connect in a pipe: lines go out, messages come out, to the gateway of this folder', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': LISTENER } })
  const cwd = gateway.folder
  const piped = await talkUntil(t, cwd, 'one\r\n\n\u2028müsli\nlast', [], /last\n/)
  assert.deepEqual(piped, { code: 0, out: '/\none\n\n\u2028müsli\nlast\n', err: '' })
  const bytes = await talkUntil(t, cwd, 'bytes\n', ['/chat?x=1', '--binary'], /00 ab\n/)
  assert.deepEqual(bytes, { code: 0, out: '/chatx=1\n00 ab\n', err: '' })
  const notes = [
    /^gateway: a binary message of 2 bytes; --binary shows it in hex$/m,
    /^gateway: pong after \d+\.\d ms$/m,
  ]
  const told = await talkUntil(
    t,
    cwd,
    'bytes\n',
    [gateway.url.replace('ws://', ''), '--ping'],
    /\n/,
    ...notes,
  )
  assert.deepEqual([told.code, told.out], [0, '/\n'])
  const closed = await cli({ cwd, input: 'close\n' }, 'connect', gateway.url, '--wait', '10')
  assert.deepEqual([closed.code, closed.out], [1, '/\n'])
  const words = 'gateway: closed with 4000 (Application), "as you \\n like": A code of your own listener.\n'
  assert.equal(closed.err, words)
})

test('connect goes on while standard input does, and ends quietly when nobody reads it, or with Ctrl-C', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': LISTENER } })
  const cwd = gateway.folder
  const [interrupted, unread] = [startCli(t, { cwd }, 'connect'), startCli(t, { cwd }, 'connect')]
  await Promise.all([interrupted.prints(/^\//), unread.prints(/^\//)])
  interrupted.child.stdin?.write('for both\nhalf')
  await Promise.all([interrupted.prints(/for both/), unread.prints(/for both/)])
  interrupted.child.kill('SIGINT')
  unread.child.stdout?.destroy()
  await gateway.push({ message: 'gone' })
  await gateway.push({ message: 'gone' })
  const ends = await Promise.all([interrupted.ended, unread.ended])
  assert.deepEqual(
    ends.map(({ code, err }) => [code, err]),
    [
      [0, ''],
      [0, ''],
    ],
  )
  const closes = await gateway.events('client.close', 2)
  assert.deepEqual(
    closes.map(({ code }) => code),
    [1000, 1000],
  )
  const restarted = startCli(t, { cwd }, 'connect')
  await restarted.prints(/^\//)
  await gateway.call('POST', '/restart')
  const { code, err } = await restarted.ended
  assert.equal(code, 1)
  assert.match(
    err,
    /^gateway: closed with 1012 \(Service restart\).*: The gateway restarts, .* Come back\.$/m,
  )
})

test('connect shows a token, subprotocols and headers; a refusal is told with its status and detail', async t => {
  const env = { WS_JWT_SECRET: 'a secret of thirty-two bytes, no less', WS_PATH: '/ws' }
  const gateway = await startGateway(t, {
    env: { ...env, WS_ALLOWED_ORIGINS: 'https://example.com' },
    listener: { 'listener.js': LISTENER },
  })
  const cwd = gateway.folder
  const token = (await cli({ cwd, env }, 'token', '--user', 'anna')).out.trim()
  const let_in = await cli({ cwd, env, input: '' }, 'connect', '--token', token, '--protocol', 'chat')
  assert.deepEqual(let_in, { code: 0, out: '/wsanna\n', err: '' })
  const cases: [string[], RegExp][] = [
    [['--token', 'wrong'], /^gateway: refused with 401 Unauthorized: .+\n$/],
    [['/other', '--token', token], /^gateway: refused with 404 Not Found: clients connect at \/ws here/],
    [['--header', 'Origin: https://evil.example'], /^gateway: refused with 403 Forbidden: .*origin/i],
  ]
  for (const [words, pattern] of cases) {
    const { code, out, err } = await cli({ cwd, env, input: '' }, 'connect', ...words)
    assert.deepEqual([code, out], [1, ''], err)
    assert.match(err, pattern)
    assert.ok(!err.includes(token))
  }
  await gateway.call('POST', '/stop')
  const stopped = await cli({ cwd, input: '' }, 'connect')
  assert.deepEqual(
    [stopped.code, stopped.err],
    [1, 'gateway: the gateway is stopped, and nobody can connect (gateway start)\n'],
  )
})

test('connect to what is no gateway: nobody there, no WebSocket, another way, silence', async t => {
  const cwd = temporaryFolder(t)
  assert.equal((await cli({ cwd, input: '' }, 'connect')).code, 3)
  const answers: [string, RegExp][] = [
    [
      'HTTP/1.1 301 Moved\r\nLocation: https://example.com/\r\n\r\n',
      /refused with 301 .*: go to https:\/\/example\.com\/$/m,
    ],
    [
      'HTTP/1.1 503 x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nbusy\nnow!',
      /503 Service Unavailable: busy$/m,
    ],
    [
      'HTTP/1.1 500 x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
      /refused with 500 Internal Server Error$/m,
    ],
    ['HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n<', /refused with 200 OK$/m],
    ['SSH-2.0-OpenSSH_9\r\n', /cannot be connected to: /],
  ]
  for (const [answer, pattern] of answers) {
    const { url, server } = await rawServer(t, socket => socket.once('data', () => socket.end(answer)))
    const { code, out, err } = await cli({ cwd, input: '' }, 'connect', url)
    assert.deepEqual([code, out], [1, ''], err)
    assert.match(err, pattern)
    assert.ok(!err.includes('\u001b'))
    await new Promise(done => server.close(done))
    const nobody = await cli({ cwd, input: '' }, 'connect', url)
    assert.deepEqual(
      [nobody.code, nobody.err],
      [3, `gateway: nobody listens on ${url.replace(/^http(.*)\/$/, 'ws$1')}\n`],
    )
    if (answer.startsWith('SSH')) return
  }
})

test('connect over TLS checks the certificate, unless it is told not to', async t => {
  const folder = temporaryFolder(t)
  const { cert, key } = certificate(folder, 'localhost')
  const env = { WS_TLS_CERT_FILE: cert, WS_TLS_KEY_FILE: key }
  const gateway = await startGateway(t, { env, listener: { 'listener.js': LISTENER } })
  const cwd = gateway.folder
  const refused = await cli({ cwd, env, input: '' }, 'connect')
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(
    refused.err,
    /^gateway: wss:\/\/localhost:\d+ cannot be connected to: .*; --insecure takes any certificate\n$/,
  )
  for (const [more, words] of [
    [{}, ['--insecure']],
    [{ NODE_EXTRA_CA_CERTS: cert }, []],
  ] as const) {
    const { code, out, err } = await cli(
      { cwd, env: { ...env, ...more }, input: '' },
      'connect',
      '/x',
      ...words,
    )
    assert.deepEqual([code, out, err], [0, '/x\n', ''])
  }
})

test('connect on a terminal: what arrives stands above what is being typed', {
  skip: noTerminal,
}, async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': LISTENER } })
  const cwd = gateway.folder
  const talk = terminal(t, { cwd, env: { NO_COLOR: '1' } }, 'connect', '/chat?secret=1', '--ping')
  await talk.prints(/connected to ws:\/\/localhost:\d+\/chat\?…; Ctrl-C ends/)
  await talk.prints(/< \/chatsecret=1\r\n/)
  await talk.prints(/\(pong after \d+\.\d ms\)/)
  talk.type('hello\r')
  await talk.prints(/< hello\r\n/)
  talk.type('half a li')
  await talk.prints(/half a li/)
  await gateway.push({ message: '\u001b[2Jevil' })
  await talk.prints(/< \\u001b\[2Jevil\r\n.*> half a li/)
  talk.type('ne\r')
  await talk.prints(/< half a line\r\n/)
  talk.type('bytes\r')
  await talk.prints(/\(a binary message of 2 bytes; --binary shows it in hex\)/)
  talk.type('close\r')
  await talk.prints(/closed with 4000 \(Application\), "as you \\n like": A code/)
  assert.deepEqual(await talk.ended, { code: 1, cooked: true })
  const keys = await Promise.all(
    ['\u0003', '\u0004'].map(async key => {
      const another = terminal(t, { cwd }, 'connect')
      await another.prints(/<.* \/\r\n/)
      another.type(key)
      return another.ended
    }),
  )
  assert.deepEqual(keys, Array(2).fill({ code: 0, cooked: true }))
})

test('what a server sends right behind its handshake is shown, and a server that never says goodbye is left', async t => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.after(() => server.close())
  await once(server, 'listening')
  server.on('connection', socket => {
    socket.send('at once')
    socket.pause()
  })
  const { port } = server.address() as { port: number }
  const { code, out } = await cli(
    { cwd: '/tmp', input: '' },
    'connect',
    `ws://127.0.0.1:${port}`,
    '--wait',
    '0.5',
  )
  assert.deepEqual([code, out], [0, 'at once\n'])
  for (const socket of server.clients) socket.terminate()
})

test('connect says what is wrong with its words', async t => {
  const cwd = temporaryFolder(t)
  const cases: [string[], RegExp][] = [
    [['a', 'b'], /connect takes one URL/],
    [['ftp://x'], /connect takes a URL such as ws:\/\/localhost:10125\/chat, or a path, got "ftp:\/\/x"/],
    [['ws://x/#y'], /connect takes a URL/],
    [['ws://x', '--id', 'a'], /--id and --url ask a gateway for its port/],
    [['--token', 'a b'], /--token takes a token of letters/],
    [['--protocol', 'a b'], /--protocol takes a subprotocol without blanks, got "a b"/],
    [['--protocol', 'a', '--protocol', 'a'], /each subprotocol can be offered once/],
    [['--header', 'nonsense'], /--header takes 'Name: value', got "nonsense"/],
    [['--header', 'A: b\nC: d'], /--header takes/],
    [['--wait', '-1'], /--wait/],
    [['--wait', 'x'], /--wait takes seconds from 0 to 2000000, got "x"/],
  ]
  const results = await Promise.all(cases.map(([words]) => cli({ cwd, input: '' }, 'connect', ...words)))
  for (const [i, { code, out, err }] of results.entries()) {
    assert.deepEqual([code, out], [2, ''], err)
    assert.match(err, cases[i]?.[1] ?? /^$/)
  }
})
