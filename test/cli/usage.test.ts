import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { cli } from '../support/cli.ts'
import { cliFile, root, startGateway, temporaryFolder, writeFiles } from '../support/gateway.ts'

const COMMANDS = [
  ...['push', 'connect', 'start', 'stop', 'restart', 'reload', 'status', 'top', 'logs', 'trace', 'list'],
  ...['connections', 'groups', 'close', 'renew', 'config', 'types', 'token', 'completion', 'health'],
]

test('--help names every command, and each explains itself; none of it needs a gateway', async t => {
  const cwd = temporaryFolder(t)
  const all = await cli({ cwd }, '--help')
  assert.deepEqual([all.code, all.err], [0, ''])
  const named = [...all.out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name)
  assert.deepEqual(named, COMMANDS)
  const helps = await Promise.all(COMMANDS.map(command => cli({ cwd }, command, '--help')))
  for (const [i, { code, out, err }] of helps.entries()) {
    assert.deepEqual([code, err], [0, ''])
    assert.ok(out.startsWith(`Usage: gateway ${COMMANDS[i]}`), out)
  }
  assert.equal((await cli({ cwd }, 'help', 'push')).out, helps[0]?.out)
  assert.equal((await cli({ cwd }, '-h')).out, all.out)
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  assert.deepEqual(await cli({ cwd }, '--version'), { code: 0, out: `${version}\n`, err: '' })
  assert.deepEqual(readdirSync(cwd), [])
})

test('wrong usage is exit 2 and says what is wrong', async t => {
  const cwd = temporaryFolder(t)
  const cases: [string[], RegExp][] = [
    [['pusj', 'x'], /no command "pusj"; did you mean push\?/],
    [['toString'], /no command "toString"/],
    [['--loud'], /unknown option --loud/],
    [['push'], /nothing to push/],
    [['push', 'two', 'words'], /one MESSAGE; put it in quotes/],
    [['push', 'x', '--data', '{}'], /do not go together/],
    [['push', '--data', '{"message":'], /--data takes a JSON object: /],
    [['push', '--data', '["message"]'], /--data takes a JSON object with a "message"/],
    [['push', '--data', '-', '--to', 'a'], /--to, --group, --user and --except do not go with "--data -"/],
    [['push', '--loud', 'x'], /Unknown option '--loud'$/m],
    [['push', 'x', '--to'], /'--to <value>' argument missing$/m],
    [['push', 'x', '--id', 'a b'], /--id takes .*, got "a b"/],
    [['push', 'x', '--id', '../other'], /--id takes .*, got "\.\.\/other"/],
    [['status', 'more'], /unexpected: "more"/],
    [['close'], /connection's id is missing/],
    [['close', 'a', 'b'], /one connection at a time/],
    [['close', 'a', '--user', 'anna'], /a connection or a --user, not both/],
    [['close', '--user', ''], /--user takes the name of a user, got an empty one/],
    [['groups', 'a', 'b'], /one group at a time/],
    [['groups', ''], /the group's name is empty/],
    [['close', 'a', '--code', 'x'], /--code takes a whole number from 0, got "x"/],
    [['logs', '-n', '-1'], /-n/],
    [['connections', '--limit', '0'], /--limit takes a whole number from 1, got "0"/],
    [['status', '--every', '2'], /--every goes with --watch/],
    [['status', '--watch', '--every', '0'], /--every takes seconds from 0.1 to 3600, got "0"/],
    [
      ['top', '--once', '--sort', 'name'],
      /--sort takes one of busiest, in, out, buffered, oldest, got "name"/,
    ],
    [['top', '-n', '3'], /--lines goes with --once/],
    [['trace'], /connection's id is missing; or give a --user/],
    [['trace', 'a', '--user', 'anna'], /a connection or a --user, not both/],
    [['trace', 'a', '--seconds', '3601'], /--seconds takes a whole number from 1 to 3600, got "3601"/],
    [['trace', 'a', '--bytes', '65537'], /--bytes takes a whole number from 0 to 65536/],
  ]
  const results = await Promise.all(cases.map(([words]) => cli({ cwd }, ...words)))
  for (const [i, { code, out, err }] of results.entries()) {
    const [words, pattern] = cases[i] ?? [[], /^$/]
    assert.equal(code, 2, `${words.join(' ')}: ${err}`)
    assert.equal(out, '')
    assert.match(err, pattern)
    assert.match(err, /^gateway: see gateway .*--help$/m)
  }
  const nothing = await cli({ cwd })
  assert.equal(nothing.code, 2)
  assert.match(nothing.out, /^Usage: gateway COMMAND/)
})

test('no gateway there is exit 3, also when a killed one has left its socket', async t => {
  const cwd = temporaryFolder(t)
  for (const words of [['push', 'x'], ['push', '-'], ['status'], ['stop'], ['connections'], ['close', 'a']]) {
    const { code, out, err } = await cli({ cwd, input: 'line\n' }, ...words)
    assert.deepEqual([code, out], [3, ''], words.join(' '))
    assert.match(
      err,
      /^gateway: no gateway is there: .*run\/websocket\.sock does not exist \(WS_CONTROL_DIR names another folder\)\n$/,
    )
  }
  const gateway = await startGateway(t)
  await gateway.stop('SIGKILL')
  const dead = await cli({ cwd: gateway.folder }, 'status')
  assert.equal(dead.code, 3)
  assert.match(dead.err, /nobody listens on/)
})

test('a bad environment is exit 78 with the fault of what the command needs, and no other', async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const bad = await cli({ cwd, env: { WS_GATEWAY_ID: 'a b' } }, 'push', 'x')
  assert.deepEqual([bad.code, bad.out], [78, ''])
  assert.match(bad.err, /^gateway: WS_GATEWAY_ID: got "a b", takes .*\n$/)
  assert.equal((await cli({ cwd, env: { WS_PORT: 'abc' } }, 'push', 'x')).code, 0)
})

test('--id addresses another gateway of the folder, before or behind the command', async t => {
  const one = await startGateway(t)
  const two = await startGateway(t, { folder: one.folder, env: { WS_GATEWAY_ID: 'two' } })
  const cwd = one.folder
  for (const words of [
    ['status', '--json', '--id', 'two'],
    ['--id', 'two', 'status', '--json'],
    ['--id=two', 'status', '--json'],
  ]) {
    assert.equal(JSON.parse((await cli({ cwd }, ...words)).out).id, 'two')
  }
  const fromEnvironment = await cli({ cwd, env: { WS_GATEWAY_ID: 'two' } }, 'status', '--json')
  assert.equal(JSON.parse(fromEnvironment.out).id, 'two')
  // A .env file counts like the environment, as for the gateway itself.
  writeFiles(join(cwd, 'app'), { '.env': 'WS_GATEWAY_ID=two\nWS_CONTROL_DIR=../run\n' })
  assert.equal(JSON.parse((await cli({ cwd: join(cwd, 'app') }, 'status', '--json')).out).id, 'two')
  await two.stop()
  assert.equal((await cli({ cwd }, 'status', '--id', 'two')).code, 3)
})

test('a push loads one file, and no package', async t => {
  const gateway = await startGateway(t)
  const coverage = join(gateway.folder, 'coverage')
  mkdirSync(coverage)
  const pushed = await cli({ cwd: gateway.folder, env: { NODE_V8_COVERAGE: coverage } }, 'push', 'hello')
  assert.equal(pushed.code, 0, pushed.err)
  const [file] = readdirSync(coverage)
  const { result } = JSON.parse(readFileSync(join(coverage, file ?? ''), 'utf8'))
  const urls: string[] = result
    .map(({ url }: { url: string }) => url)
    .filter((url: string) => url.startsWith('file:'))
  // Each module that is loaded takes about a millisecond.
  assert.deepEqual(urls, [pathToFileURL(cliFile).href])
})
