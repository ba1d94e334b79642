import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { test } from 'node:test'
import { cli, startCli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

test('text, --to, --except, --data, --binary', async t => {
  const gateway = await startGateway(t, {
    files: { 'bytes.bin': 'ÿ\0bytes', message: 'a file' },
    listener: {
      'listener.js': `export const onMessage = d => { if (d.room) d.message = [d.room, d.message] }`,
    },
  })
  const cwd = gateway.folder
  const [a, b] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  const { connections } = (await gateway.call('GET', '/connections')).body
  const [idA, idB] = connections.map((c: { id: string }) => c.id)
  const to = 'pushed to'
  const cases: [string[], string][] = [
    [['hello'], `${to} 2 connections\n`],
    [['', '--to', idA], `${to} 1 connection\n`],
    [['both', '--to', idA, '--to', idB], `${to} 2 connections\n`],
    [['not b', '--except', idB], `${to} 1 connection\n`],
    [['nobody', '--to', 'gone'], `${to} 0 connections\n`],
    [['--', '-dashed'], `${to} 2 connections\n`],
    [['--data', '{"message": {"price": 42}, "room": "stocks"}'], `${to} 2 connections\n`],
    [['--data', `{"message": "two", "connections": ["${idA}"]}`, '--to', idB], `${to} 2 connections\n`],
    [['--binary', 'bytes.bin'], `${to} 2 connections\n`],
    [['--json', 'as it came'], '{"recipients":2}\n'],
  ]
  for (const [words, out] of cases) {
    assert.deepEqual(await cli({ cwd }, 'push', ...words), { code: 0, out, err: '' }, words.join(' '))
  }
  const piped = await cli({ cwd, input: Buffer.from([1, 2, 255]) }, 'push', '--binary', '-')
  assert.equal(piped.code, 0)
  const last = ['both', '-dashed', '["stocks",{"price":42}]', 'two', Buffer.from('ÿ\0bytes'), 'as it came']
  const bytes = Buffer.from([1, 2, 255])
  assert.deepEqual(await b.messages(8), ['hello', ...last, bytes])
  assert.deepEqual(await a.messages(10), ['hello', '', 'both', 'not b', ...last.slice(1), bytes])
})

test('what the gateway refuses is exit 1 with the reason on standard error', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.js': `export const onMessage = d => { if (d.message === 'x') throw new Error('no such room') }`,
    },
    env: { WS_MAX_PAYLOAD_BYTES: '100' },
  })
  const cwd = gateway.folder
  const cases: [string[], RegExp][] = [
    [['x'], /no such room/],
    [['--data', '{}'], /"message"/],
    [['--data', '{"message": 1, "connections": "all"}'], /"connections" takes an array/],
    [['--data', '{"message": 1, "connections": "all"}', '--to', 'a'], /"connections" takes an array/],
    [['x'.repeat(101)], /the message has 101 bytes, and WS_MAX_PAYLOAD_BYTES allows 100/],
    [['--binary', 'nowhere'], /no file nowhere/],
  ]
  for (const [words, pattern] of cases) {
    const { code, out, err } = await cli({ cwd }, 'push', ...words)
    assert.deepEqual([code, out], [1, ''], err)
    assert.match(err, pattern)
    assert.equal(err.trim().split('\n').length, 1)
  }
  await gateway.call('POST', '/stop')
  const stopped = await cli({ cwd }, 'push', 'x')
  assert.deepEqual(stopped, { code: 1, out: '', err: 'gateway: the gateway is stopped\n' })
})

test('push -: each line as it comes, in order; line ends of every kind, long and empty lines, no last line feed', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const running = startCli(t, { cwd: gateway.folder }, 'push', '-')
  const { stdin } = running.child
  stdin?.write('first\n')
  assert.deepEqual(await client.messages(1), ['first'])
  const long = 'ä"\\'.repeat(100_000)
  stdin?.write(`windows\r\n\n${long}\n{"message":"text"}\na\rb\n`)
  stdin?.end('last')
  const rest = ['windows', '', long, '{"message":"text"}', 'a\rb', 'last']
  assert.deepEqual(await client.messages(7), ['first', ...rest])
  const { code, out, err } = await running.ended
  assert.deepEqual([code, out, err], [0, 'pushed 7 messages, to 7 recipients in all\n', ''])
})

test('push -: a character that is cut in two by the pipe arrives whole', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const running = startCli(t, { cwd: gateway.folder }, 'push', '-')
  const bytes = Buffer.from('first\nmü')
  running.child.stdin?.write(bytes.subarray(0, -1))
  // Only when this is there has the first half of the character been read as well.
  await client.messages(1)
  running.child.stdin?.end(Buffer.concat([bytes.subarray(-1), Buffer.from('sli\r')]))
  assert.deepEqual(await client.messages(2), ['first', 'müsli\r'])
  assert.equal((await running.ended).code, 0)
})

test('push - and --data - with recipients, and the fault of a line with its number', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': `export const onMessage = d => { if (d.bad) throw new Error('bad') }` },
  })
  const cwd = gateway.folder
  const [a, b] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  const [first] = (await gateway.call('GET', '/connections')).body.connections
  await cli({ cwd, input: 'to a\n' }, 'push', '-', '--to', first.id)
  await cli({ cwd, input: 'to b\n' }, 'push', '-', '--except', first.id)
  const json = await cli({ cwd, input: '{"message":1}\n{"message":2}' }, 'push', '--data', '-', '--json')
  assert.deepEqual(json, { code: 0, out: '{"pushed":2,"recipients":4,"failed":0}\n', err: '' })
  const failed = await cli({ cwd, input: '{"message":3,"bad":1}\n{"message":4}\n' }, 'push', '--data', '-')
  assert.equal(failed.code, 1)
  assert.equal(failed.out, 'pushed 1 message, to 2 recipients in all\n')
  assert.match(failed.err, /1 message failed in the listener; see the log/)
  const wrong = await cli({ cwd, input: '{"message":5}\nnonsense\n{"message":6}\n' }, 'push', '--data', '-')
  assert.deepEqual([wrong.code, wrong.out], [1, ''])
  assert.match(wrong.err, /^gateway: line 2: .* \(pushed before it: 1\)\n$/)
  assert.deepEqual(await a.messages(5), ['to a', '1', '2', '4', '5'])
  assert.deepEqual(await b.messages(5), ['to b', '1', '2', '4', '5'])
})

test('push -: a gateway that stops ends it at once, although its input goes on', async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const running = startCli(t, { cwd: gateway.folder }, 'push', '-')
  running.child.stdin?.write('first\n')
  await client.messages(1)
  await gateway.stop()
  const { code, err } = await running.ended
  assert.equal(code, 1)
  assert.match(err, /^gateway: .+/)
})

test('no permission for the socket is said so', { skip: process.getuid?.() !== 0 }, async t => {
  const gateway = await startGateway(t)
  chmodSync(gateway.folder, 0o755)
  // As a user who may not write to it: root may do everything.
  const program = `
    process.setgid(65534); process.setuid(65534)
    process.argv.splice(1, 1)
    await import(process.argv[1])
  `
  const { code, err } = await cli(
    { cwd: gateway.folder, node: ['--input-type=module', '-e', program, 'x'] },
    'push',
    'hello',
  )
  assert.equal(code, 1)
  assert.match(err, /^gateway: no permission for the control socket .*WS_CONTROL_MODE/)
})
