/** Every command and example of the README is run, as it stands there. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readmeFile, withTable } from '../scripts/docs.ts'
import { connect } from './support/client.ts'
import { eventually } from './support/eventually.ts'
import { callSocket, cleanEnvironment, root, startGateway, temporaryFolder } from './support/gateway.ts'
import { codeBlocks, section, shellLines } from './support/markdown.ts'
import { shell, shellEnvironment } from './support/shell.ts'

const readme = readFileSync(readmeFile, 'utf8')

const blocks = (language: string): string[] => codeBlocks(readme, language)

const commands = shellLines(readme)

/** Run by test/docker, which takes them from the README as well, or by `.ci/run` itself. */
const elsewhere = [
  'docker build -t websocket-gateway .',
  'docker run -p 10125:10125 -v ./listener:/app/listener websocket-gateway',
  'docker compose up',
  'docker compose --profile php up',
  'docker compose --profile samples up',
  'docker compose --profile cluster up',
]

/** Run by test/groups/readme.test.ts. */
const inGroups = ['Groups, users and presence', 'Several nodes'].flatMap(heading =>
  shellLines(section(readme, heading)),
)

/** Run by test/access/readme.test.ts. */
const inAccess = /127\.0\.0\.1:10126|WS_CONTROL_PORT=10126|^gateway token/

test('the table of variables is what src/config.ts says', () => {
  assert.equal(readme, withTable(readme), 'run npm run docs')
})

test("the README's listener, pushes and calls do what it says", async t => {
  const listener = blocks('ts').find(block => block.includes('onMessage'))
  assert.ok(listener)
  const gateway = await startGateway(t, { listener: { 'listener.ts': listener } })
  const inRoom = await connect(t, `${gateway.url}/?room=stocks`)
  const [welcome] = await inRoom.messages(1)
  const { id } = (await gateway.call('GET', '/connections')).body.connections[0]
  assert.deepEqual(JSON.parse(String(welcome)), { welcome: id, online: 1 })
  const outside = await connect(t, gateway.url)
  await outside.messages(1)
  const got: Record<string, string> = {}
  for (const command of commands.filter(c => /^(gateway|curl)/.test(c) && !inAccess.test(c))) {
    if (inGroups.includes(command)) continue
    got[command] = await shell(gateway, command.replace(/\d\w+-1\b/, id))
  }
  assert.equal(Object.keys(got).length, 6, 'a command that this test does not know')
  assert.equal(got["gateway push 'hello'"], 'pushed to 2 connections\n')
  assert.match(Object.values(got)[3] ?? '', /^pushed to 1 connection\n/)
  const paid = await callSocket(gateway.socket, 'POST', '/push', '{"message": "paid"}', {
    'content-type': 'application/json',
    'idempotency-key': 'order-4711',
  })
  assert.equal(paid.headers['idempotent-replayed'], 'true')
  const messages = (await inRoom.messages(6)).slice(1).map(m => JSON.parse(String(m)))
  assert.deepEqual(messages, [
    { message: 'hello' },
    { message: 'only for you' },
    { room: 'stocks', message: { price: 42 } },
    { message: 'hello' },
    { message: 'paid' },
  ])
  assert.match(
    readFileSync(join(gateway.folder, 'listener/gateway.d.ts'), 'utf8'),
    /declare module 'websocket-gateway'/,
  )
  await outside.close(1000)
  await gateway.line(
    line => line.event === 'listener.log' && / has left with code 1000$/.test(line.msg ?? ''),
  )
})

test('tail -f into gateway push -', async t => {
  const command = commands.find(c => c.startsWith('tail'))
  assert.equal(command, 'tail -f events.log | gateway push -')
  const gateway = await startGateway(t, { files: { 'events.log': 'first\n' } })
  const client = await connect(t, gateway.url)
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: gateway.folder,
    env: shellEnvironment(gateway),
    detached: true,
  })
  t.after(() => killGroup(child, 'SIGTERM'))
  assert.deepEqual(await client.messages(1), ['first'])
  appendFileSync(join(gateway.folder, 'events.log'), 'second\n')
  assert.deepEqual(await client.messages(2), ['first', 'second'])
})

test("the README's Node client", async t => {
  const code = blocks('js').find(block => block.includes("from 'websocket-gateway/client'"))
  assert.ok(code)
  const gateway = await startGateway(t, {
    files: { 'app.mjs': code.replaceAll(/^await (.*?)( +\/\/.*)?$/gm, 'console.log(await $1)') },
  })
  mkdirSync(join(gateway.folder, 'node_modules'))
  symlinkSync(root, join(gateway.folder, 'node_modules/websocket-gateway'))
  const client = await connect(t, gateway.url)
  const text = execFileSync(process.execPath, ['app.mjs'], {
    cwd: gateway.folder,
    encoding: 'utf8',
    env: cleanEnvironment(),
  })
  assert.match(text, /^\{ recipients: 1 \}/)
  assert.match(text, /running\n$/)
  assert.deepEqual(await client.messages(1), ['hello'])
  assert.equal((await client.closed).code, 1012)
})

test("the README's timer ends with its version of the listener", async t => {
  const code = blocks('js').find(block => block.includes('onLoad'))
  assert.ok(code)
  const gateway = await startGateway(t, { listener: { 'listener.js': code.replace('1000', '20') } })
  const client = await connect(t, gateway.url)
  await client.messages(2)
  const from = gateway.lines.length
  writeFileSync(
    join(gateway.folder, 'listener/listener.js'),
    '// no timer any more\nexport const onMessage = () => {}',
  )
  await gateway.line(line => line.event === 'listener.load', from)
  // What the old version has sent stands before this, however late it is read.
  await gateway.push({ message: 'no more' })
  await eventually('the end', () => client.got.includes('no more'))
  await new Promise(resolve => setTimeout(resolve, 200))
  await client.settled()
  assert.equal(client.got.at(-1), 'no more')
})

test('the two commands, on a copy of what is in git', { timeout: 300_000 }, async t => {
  assert.ok(readme.includes('npm ci && npm start') && readme.includes('npm ci && npm test'))
  const folder = temporaryFolder(t)
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.trim().split('\n')) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  const child = spawn('/bin/sh', ['-c', 'npm ci && npm start'], {
    cwd: folder,
    env: cleanEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => killGroup(child, 'SIGKILL'))
  const exited = once(child, 'exit')
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.includes('"event":"gateway.start"') && text.includes('10125')) break
  }
  const a = await connect(t, 'ws://localhost:10125')
  const b = await connect(t, 'ws://localhost:10125/chat')
  a.send('hi')
  assert.deepEqual(await b.messages(1), ['hi'])
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
  assert.equal((await b.closed).code, 1001)
  await exited
})

test('no command of the README is left out', () => {
  const known = [...elsewhere, 'npm ci && npm start']
  for (const command of commands) {
    assert.ok(
      known.includes(command) ||
        inGroups.includes(command) ||
        inAccess.test(command) ||
        /^(gateway|curl|tail) /.test(command),
      `who runs this? ${command}`,
    )
  }
})

/** Ends a shell and all that it has started. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    // It has ended by itself, as `tail -f` does when nobody reads from it any more, and nobody has told yet.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
