import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli, startCli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway, temporaryFolder, writeFiles } from '../support/gateway.ts'

const entry = (n: number, more: object = {}): string =>
  `${JSON.stringify({ level: 30, time: 1_790_000_000_000 + n, gateway: 'websocket', event: 'push', ...more, msg: `line ${n}` })}\n`

test('the last lines in words, with a stack below its line', async t => {
  const gateway = await startGateway(t, {
    listener: { 'listener.js': `export const onMessage = () => { throw new Error('oh no') }` },
  })
  const client = await connect(t, `${gateway.url}/chat`)
  client.send('x')
  await gateway.event('listener.error')
  await client.close(1000)
  await gateway.event('client.close')
  await gateway.stop()
  const { code, out } = await cli({ cwd: gateway.folder }, 'logs', '-n', '100')
  assert.equal(code, 0)
  const time = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`
  assert.match(out, new RegExp(`${time} INFO  websocket client\\.open: client connected .*path=/chat$`, 'm'))
  assert.match(out, new RegExp(`${time} ERROR websocket listener\\.error: onMessage failed: oh no .*`, 'm'))
  assert.match(out, /^ {4}Error: oh no$/m)
  assert.match(out, /^ {8}at .*listener\.js:1:/m)
  assert.match(out, /client\.close: .*code=1000/)
})

test('-n takes so many, also from a long file, with a line that is not finished; --id takes those of one', async t => {
  const cwd = temporaryFolder(t)
  const many = Array.from({ length: 5000 }, (_, n) => entry(n, { gateway: n % 2 ? 'odd' : 'even' }))
  const unfinished = entry(5000).trimEnd()
  writeFiles(cwd, { 'logs/WebSocket.log': `${many.join('')}no JSON\n${unfinished}` })
  const numbers = async (...words: string[]) => {
    const { out } = await cli({ cwd }, 'logs', ...words)
    return [...out.matchAll(/line (\d+)|(no JSON)/g)].map(([, n, text]) => text ?? Number(n))
  }
  assert.deepEqual(await numbers('-n', '3'), [4999, 'no JSON', 5000])
  assert.deepEqual(await numbers('--id', 'odd', '-n', '2'), [4997, 4999])
  assert.deepEqual(await numbers('-n', '0'), [])
  assert.equal((await numbers()).length, 20)
  assert.equal((await numbers('-n', '9999')).length, 5002)
  assert.equal((await numbers('-n', '4000')).length, 4000)
})

test('what stands in a line cannot steer the terminal', async t => {
  const cwd = temporaryFolder(t)
  writeFiles(cwd, { 'logs/WebSocket.log': entry(1, { path: '/\u001b[2J\r\n\u009b1m', reason: 'a\nb' }) })
  const { out } = await cli({ cwd }, 'logs')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(out.trimEnd(), /[\u0000-\u001f\u007f-\u009f]/)
  assert.match(out, /\\u001b/)
})

test('-f goes on with each line, over a rotation, until it is interrupted', async t => {
  const cwd = temporaryFolder(t)
  const file = join(cwd, 'logs', 'WebSocket.log')
  writeFiles(cwd, { 'logs/WebSocket.log': entry(1) + entry(2) })
  const running = startCli(t, { cwd }, 'logs', '-f', '-n', '1')
  await running.prints(/line 2/)
  appendFileSync(file, entry(3) + entry(4).slice(0, 20))
  await running.prints(/line 3/)
  appendFileSync(file, entry(4).slice(20))
  await running.prints(/line 4/)
  renameSync(file, `${file}.1`)
  appendFileSync(`${file}.1`, entry(5))
  await running.prints(/line 5/)
  writeFiles(cwd, { 'logs/WebSocket.log': entry(6) })
  await running.prints(/line 6/)
  running.child.kill('SIGINT')
  const { code, out } = await running.ended
  assert.equal(code, 0)
  assert.deepEqual(
    [...out.matchAll(/line (\d)/g)].map(match => match[1]),
    ['2', '3', '4', '5', '6'],
  )
})

test('-n reads on in the rotated files, and -f misses none that was rotated between two looks', async t => {
  const cwd = temporaryFolder(t)
  const file = join(cwd, 'logs', 'WebSocket.log')
  const rotated = (n: number): string => `${file}.20260101T000000.00${n}Z-00000${n}`
  writeFiles(cwd, { 'logs/WebSocket.log': entry(1) + entry(2) })
  const running = startCli(t, { cwd }, 'logs', '-f', '-n', '1')
  await running.prints(/line 2/)
  // All at once for whoever looks now and then; the order of the names counts.
  running.child.kill('SIGSTOP')
  appendFileSync(file, entry(3))
  renameSync(file, rotated(1))
  writeFiles(cwd, { 'logs/WebSocket.log': entry(6) })
  renameSync(file, rotated(3))
  appendFileSync(rotated(2), entry(4) + entry(5))
  writeFiles(cwd, { 'logs/WebSocket.log': entry(7), 'logs/WebSocket.log.1': entry(9) })
  running.child.kill('SIGCONT')
  await running.prints(/line 7/)
  // A writer that had the first one open still.
  appendFileSync(rotated(1), entry(8))
  await running.prints(/line 8/)
  running.child.kill('SIGINT')
  const numbers = (out: string) => [...out.matchAll(/line (\d)/g)].map(match => Number(match[1]))
  assert.deepEqual(numbers((await running.ended).out), [2, 3, 4, 5, 6, 7, 8])
  assert.deepEqual(numbers((await cli({ cwd }, 'logs', '-n', '4')).out), [4, 5, 6, 7])
  assert.deepEqual(numbers((await cli({ cwd }, 'logs')).out), [1, 2, 3, 8, 4, 5, 6, 7])
})

test('-f waits for a file that is not there yet; without -f that is an error', async t => {
  const cwd = temporaryFolder(t)
  const { code, out, err } = await cli({ cwd }, 'logs')
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^gateway: there is no .*\/logs\/WebSocket\.log \(WS_LOG_DIR\)\n$/)
  const running = startCli(t, { cwd }, 'logs', '-f')
  const gateway = await startGateway(t, { folder: cwd })
  await running.prints(/gateway\.start: the gateway listens on port/)
  await gateway.stop()
  await running.prints(/gateway\.stop: the gateway has stopped/)
  assert.ok(readFileSync(join(cwd, 'logs', 'WebSocket.log')).length > 0)
})

test('filters take the lines that have all of it, before -n counts; --json leaves them as they are', async t => {
  const cwd = temporaryFolder(t)
  const lines = [
    entry(1, { event: 'client.open', conn: 'c-1', path: '/Grüße' }),
    entry(2, { event: 'listener.load' }),
    entry(3, { event: 'listener.error', level: 50, conn: 'c-1' }),
    entry(4, { event: 'push', gateway: 'two', level: 40 }),
    'no JSON at all\n',
    entry(5, { event: 'client.close', level: 20, conn: 'c-2' }),
  ]
  writeFiles(cwd, { 'logs/WebSocket.log': lines.join('') })
  const cases: [string[], number[]][] = [
    [
      ['--level', 'warn'],
      [3, 4],
    ],
    [
      ['--level', 'trace', '-n', '2'],
      [4, 5],
    ],
    [['--event', 'push'], [4]],
    [
      ['--event', 'listener.*'],
      [2, 3],
    ],
    [
      ['--conn', 'c-1'],
      [1, 3],
    ],
    [['--text', 'GRÜß'], [1]],
    [
      ['--text', 'c-', '--event', 'client.*'],
      [1, 5],
    ],
    [['--gateway', 'two'], [4]],
    [['--id', 'two'], [4]],
    [['--level', 'fatal'], []],
  ]
  const results = await Promise.all(cases.map(([words]) => cli({ cwd }, 'logs', ...words)))
  for (const [i, { code, out, err }] of results.entries()) {
    assert.deepEqual([code, err], [0, ''])
    assert.deepEqual(
      [...out.matchAll(/line (\d)/g)].map(match => Number(match[1])),
      cases[i]?.[1],
    )
  }
  const raw = await cli({ cwd }, 'logs', '--json', '--text', 'c-', '-n', '2')
  assert.equal(raw.out, `${lines[2]}${lines[5]}`)
  const wrong = await cli({ cwd }, 'logs', '--level', 'silent')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /--level takes one of trace, debug, info, warn, error, fatal, got "silent"/)
  const both = await cli({ cwd }, 'logs', '--id', 'one', '--gateway', 'two')
  assert.equal(both.code, 2)
  // What is followed is filtered as well.
  const running = startCli(t, { cwd }, 'logs', '-f', '--level', 'warn', '--json')
  await running.prints(/line 4/)
  appendFileSync(join(cwd, 'logs', 'WebSocket.log'), entry(6) + entry(7, { level: 60 }))
  await running.prints(/line 7/)
  running.child.kill('SIGINT')
  assert.equal((await running.ended).out, `${lines[2]}${lines[3]}${entry(7, { level: 60 })}`)
})
