/** `gateway status --watch`, in a pipe and on a terminal. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli, startCli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { cliFile, startGateway } from '../support/gateway.ts'
import { noTerminal, terminal, terminalWith } from '../support/terminal.ts'

test('status --watch in a pipe: a block for each look, with what was gained; goes on when the gateway is away', async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const words = ['status', '--watch', '--every', '0.2']
  const [blocks, lines] = [startCli(t, { cwd }, ...words), startCli(t, { cwd }, ...words, '--json')]
  await Promise.all([blocks.prints(/^\ngateway/m), lines.prints(/\n.*\n/)])
  const client = await connect(t, gateway.url)
  client.send('x')
  await blocks.prints(/^received +1 {2}\+1$/m)
  // The looks after that have gained nothing.
  await blocks.prints(/^received +1$/m)
  await gateway.stop()
  await blocks.says(/no gateway is there/)
  const again = await startGateway(t, { folder: cwd })
  const from = blocks.out.length
  await blocks.prints(/^state +running/m, from)
  await again.call('POST', '/stop')
  await blocks.prints(/^state +stopped$/m, from)
  blocks.child.kill('SIGINT')
  lines.child.kill('SIGINT')
  const [{ code, out }, json] = await Promise.all([blocks.ended, lines.ended])
  assert.deepEqual([code, json.code], [0, 0])
  assert.ok(!out.includes('\u001b'))
  for (const line of json.out.trimEnd().split('\n')) assert.equal(JSON.parse(line).id, 'websocket')
})

test('status --watch ends quietly when nobody reads it any more; without a gateway it does not begin', async t => {
  const gateway = await startGateway(t)
  const running = startCli(t, { cwd: gateway.folder }, 'status', '--watch', '--every', '0.1')
  await running.prints(/version/)
  running.child.stdout?.destroy()
  assert.deepEqual([(await running.ended).code, running.err], [0, ''])
  await gateway.stop()
  assert.equal((await cli({ cwd: gateway.folder }, 'status', '--watch')).code, 3)
})

test('status --watch on a terminal draws in place, and leaves what it showed last', {
  skip: noTerminal,
}, async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const watch = terminal(t, { cwd, rows: 20 }, 'status', '--watch', '--every', '0.2')
  await watch.shows(/^every 0\.2 s, \d\d:\d\d:\d\d {2}q quits$/)
  assert.equal(watch.screen.length, 20)
  const client = await connect(t, gateway.url)
  client.send('x')
  // Until the next look alone.
  await watch.showed(/^received +1 {2}\+1$/)
  assert.ok(!watch.screen.some(line => line.startsWith('unknown recipients')))
  watch.type('\u001b[6~')
  await watch.shows(/^unknown recipients +0$/)
  watch.type('\u001b[5~')
  await gateway.call('POST', '/stop')
  await watch.shows(/^state +stopped$/)
  await gateway.stop()
  await watch.shows(/^no gateway is there/)
  watch.type('q')
  assert.deepEqual(await watch.ended, { code: 0, cooked: true })
  const [, after = ''] = watch.out.split('\u001b[?1049l')
  assert.match(after, /state.*stopped/)
})

test('what goes on ends with its terminal, and a fault that cannot be told ends as well', {
  skip: noTerminal,
}, async t => {
  const gateway = await startGateway(t)
  const { folder: cwd } = gateway
  const lives = (pid: number): boolean =>
    existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  const run = `echo $$ >"$0"; exec '${process.execPath}' '${cliFile}' "$@"`
  const commands = [['status', '--watch', '--every', '0.2'], ['top'], ['connect']]
  const pids = await Promise.all(
    commands.map(async ([name = '', ...words]) => {
      const shown = terminalWith(t, { cwd }, ['/bin/sh', '-c', run, `${name}.pid`, name, ...words])
      await shown.prints(/websocket|connected/)
      const pid = Number(readFileSync(join(cwd, `${name}.pid`), 'utf8'))
      assert.ok(lives(pid))
      shown.kill()
      return pid
    }),
  )
  await eventually('their end', () => !pids.some(lives))
  const full = `'${process.execPath}' '${cliFile}' status --id nobody 2>/dev/full`
  assert.equal(spawnSync('/bin/sh', ['-c', full], { cwd, timeout: 20_000 }).status, 1)
})
