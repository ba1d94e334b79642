/** How far `gateway push -` is. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliFile, startGateway, temporaryFolder } from '../support/gateway.ts'
import { noTerminal, type Terminal, terminalWith } from '../support/terminal.ts'

const PUSH = `'${process.execPath}' '${cliFile}' push`

test('push - on a terminal shows count and rate in one line, and the whole at the end', {
  skip: noTerminal,
}, async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const run = (line: string, env = {}): Terminal =>
    terminalWith(t, { cwd, env: { NO_COLOR: '1', ...env } }, ['/bin/sh', '-c', line])
  execFileSync('mkfifo', [join(cwd, 'lines')])
  const push = run(`${PUSH} - <lines`)
  // Until somebody has opened it to write to it, nothing comes.
  const writer = spawn('/bin/sh', ['-c', 'exec cat >lines'], { cwd, stdio: ['pipe', 'ignore', 'inherit'] })
  writer.stdin.write('x\n'.repeat(1500))
  await push.prints(/1,500 messages sent, /)
  writer.stdin.end('last')
  const { code } = await push.ended
  assert.equal(code, 0)
  const drawn = push.out.replaceAll('\u001b[K', '<clear>')
  assert.match(drawn, /\r<clear>1,500 messages sent, [\d,.]+\/s, \d+ s/)
  assert.match(drawn, /\r<clear>1,501 messages sent in [\d.]+ s, [\d,.]+\/s\r\n/)
  assert.match(push.out, /\npushed 1501 messages, to 0 recipients in all\r\n$/)

  const [json, dumb, unseen, typed] = [
    run(`seq 3 | ${PUSH} - --json >out.json`),
    run(`seq 1 | ${PUSH} -`, { TERM: 'dumb' }),
    run(`seq 2 | ${PUSH} - 2>err.txt; cat err.txt`),
    run(`${PUSH} -`),
  ]
  await Promise.all([json, dumb, unseen].map(one => one.ended))
  assert.match(json.out, /3 messages sent in .*\r\n$/)
  assert.match(dumb.out, /^1 message sent in [\d.]+ s, \S+\/s\r\npushed 1 message, /)
  assert.equal(unseen.out, 'pushed 2 messages, to 0 recipients in all\r\n')
  // Who types the lines sees them.
  typed.type('one\r\u0004')
  await typed.ended
  assert.doesNotMatch(typed.out, /sent/)
})

test('a fault, and Ctrl-C, stand on lines of their own', { skip: noTerminal }, async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const env = { NO_COLOR: '1' }
  const wrong = terminalWith(t, { cwd, env }, ['/bin/sh', '-c', `echo nonsense | ${PUSH} --data -`])
  assert.equal((await wrong.ended).code, 1)
  assert.match(wrong.out, /1 message sent in .*\r\ngateway: line 1: .*\r\n$/)
  const stopped = terminalWith(t, { cwd, env }, ['/bin/sh', '-c', `{ echo a; exec sleep 60; } | ${PUSH} -`])
  await stopped.prints(/1 message sent, /)
  stopped.type('\u0003')
  await stopped.prints(/1 message sent in .*\r\n/)
  await stopped.ended
  const absent = temporaryFolder(t)
  mkdirSync(join(absent, 'run'))
  const none = terminalWith(t, { cwd: absent, env }, ['/bin/sh', '-c', `echo a | ${PUSH} -`])
  assert.equal((await none.ended).code, 3)
  assert.doesNotMatch(none.out, /sent/)
})
