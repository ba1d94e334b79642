/** Colours: where they are, and where nothing but text may be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { startGateway, temporaryFolder, writeFiles } from '../support/gateway.ts'
import { noTerminal, terminal } from '../support/terminal.ts'

const ESCAPE = '\u001b['
const line = (level: number, more: object = {}): string =>
  `${JSON.stringify({ level, time: 1_790_000_000_000, gateway: 'websocket', event: 'e', ...more, msg: 'm' })}\n`

test('the log in colour, by FORCE_COLOR in a pipe, and the same text without', async t => {
  const cwd = temporaryFolder(t)
  const err = { type: 'Error', message: 'oh', stack: 'Error: oh\n  at x' }
  const levels = [10, 20, 30, 40, 50, 60].map(level => line(level, { reason: '\u001b[31mred' }))
  writeFiles(cwd, { 'logs/WebSocket.log': `${levels.join('')}${line(50, { err })}\u001b[2Jno JSON\n` })
  const environments: [Record<string, string>, boolean][] = [
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: 'true', NO_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '', NO_COLOR: '' }, false],
  ]
  const outputs = await Promise.all(
    environments.map(([env]) => cli({ cwd, env: { FORCE_COLOR: '', NO_COLOR: '', ...env } }, 'logs')),
  )
  const [plain = ''] = outputs.map(({ out }) => out)
  for (const [i, { code, out }] of outputs.entries()) {
    assert.equal(code, 0)
    assert.equal(out.includes(ESCAPE), environments[i]?.[1], JSON.stringify(environments[i]))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
    assert.equal(out.replace(/\u001b\[\d+m/g, ''), plain)
  }
  const coloured = outputs[1]?.out ?? ''
  const colours = ['2mTRACE', '2mDEBUG', '32mINFO', '33mWARN', '31mERROR', '7m', '1me:', '2mreason=']
  for (const text of colours) assert.ok(coloured.includes(ESCAPE + text), text)
  // Of what stands in the line itself, nothing is a colour.
  assert.equal(coloured.includes(`${ESCAPE}31mred`), false)
  assert.match(plain, /^\\u001b\[2Jno JSON$/m)
})

test('a terminal has colours, but not with NO_COLOR or TERM=dumb', { skip: noTerminal }, async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const environments: [Record<string, string>, boolean][] = [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '0' }, false],
    [{ TERM: 'dumb' }, false],
    [{ TERM: 'dumb', FORCE_COLOR: '1' }, true],
  ]
  const shown = await Promise.all(
    environments.map(async ([env]) => {
      const status = terminal(t, { cwd, env }, 'status')
      assert.deepEqual(await status.ended, { code: 0, cooked: true })
      assert.match(status.out, /running/)
      return status.out.includes(ESCAPE)
    }),
  )
  assert.deepEqual(
    shown,
    environments.map(([, isColoured]) => isColoured),
  )
  // Drawn on a terminal that has no colours.
  const top = terminal(t, { cwd, env: { NO_COLOR: '1' } }, 'top')
  await top.shows(/^q quit/)
  top.type('q')
  await top.ended
  assert.ok(!/\[\d+m/.test(top.out))
  const dumb = terminal(t, { cwd, env: { TERM: 'dumb' } }, 'top')
  assert.equal((await dumb.ended).code, 2)
})
