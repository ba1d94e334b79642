/** Completion in the shells themselves. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'
import { missing } from '../support/needs.ts'
import { shellEnvironment } from '../support/shell.ts'
import { noTerminal, terminalWith } from '../support/terminal.ts'

const BASH = '/bin/bash'
const FISH = '/usr/bin/fish'
const ZSH = '/usr/bin/zsh'

/** The commands, as the overview names them. */
async function commandNames(cwd: string): Promise<string[]> {
  const { out } = await cli({ cwd }, '--help')
  return [...out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = '']) => name)
}

/** What is typed, and what must be offered: all of it, or (with `…`) at least this. */
const CASES: [string, string[]][] = [
  ['gateway lo', ['logs']],
  ['gateway --id two re', ['reload', 'renew', 'restart']],
  ['gateway push --b', ['--binary']],
  ['gateway logs --level ', ['debug', 'error', 'fatal', 'info', 'trace', 'warn']],
  ['gateway logs --event listener.', ['listener.error', 'listener.load']],
  ['gateway logs --gateway ', ['two', 'websocket']],
  ['gateway status --id t', ['two']],
  ['gateway completion ', ['bash', 'fish', 'zsh']],
  ['gateway help tr', ['trace']],
  ['gateway push --binary some', ['some file']],
  ['gateway connect --header ', []],
]

test('completion for bash', { skip: missing(BASH, 'bash') }, async t => {
  const gateway = await startGateway(t)
  await startGateway(t, { folder: gateway.folder, env: { WS_GATEWAY_ID: 'two' } })
  const { folder: cwd } = gateway
  writeFileSync(join(cwd, 'some file'), '')
  const env = shellEnvironment(gateway)
  const complete = (line: string, script = 'source <(gateway completion bash)'): string[] => {
    // As the shell itself does it: the last word is the one that is completed, and "=" is a word.
    const words = line.split(/ |(?==)|(?<==)/)
    const run = `${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gateway; printf '%s\\n' "\${COMPREPLY[@]}"`
    const out = execFileSync(BASH, ['-c', run, 'bash', ...words], { cwd, env, encoding: 'utf8' })
    return out
      .split('\n')
      .filter(word => word !== '')
      .sort()
  }
  for (const [line, offered] of CASES) assert.deepEqual(complete(line), offered, line)
  assert.deepEqual(complete('gateway status --id=t'), ['two'])
  assert.deepEqual(complete('gateway --id=two sta'), ['start', 'status'])
  const names = await commandNames(cwd)
  assert.ok(names.length > 15)
  const options = ['--help', '--id', '--url', '--version', 'help']
  assert.deepEqual(complete('gateway '), [...names, ...options].sort())
  assert.deepEqual(complete('gateway pu', 'shopt -s nounset; source <(gateway completion bash)'), ['push'])
  assert.match(
    execFileSync(BASH, ['-c', 'source <(gateway completion bash); complete -p gateway'], {
      cwd,
      env,
      encoding: 'utf8',
    }),
    /-F _gateway gateway/,
  )
})

test('completion for fish', { skip: missing(FISH, 'fish') }, async t => {
  const gateway = await startGateway(t)
  await startGateway(t, { folder: gateway.folder, env: { WS_GATEWAY_ID: 'two' } })
  const { folder: cwd } = gateway
  writeFileSync(join(cwd, 'some file'), '')
  const env = { ...shellEnvironment(gateway), HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd }
  const lines = ['gateway ', ...CASES.map(([line]) => line)]
  const asked = lines.map(line => `complete -C '${line}'; echo ---`).join('; ')
  const run = `gateway completion fish | source; ${asked}`
  const out = execFileSync(FISH, ['--no-config', '-c', run], { cwd, env, encoding: 'utf8' })
  const [all = [], ...offered] = out.split('---\n').map(part => part.split('\n').filter(Boolean))
  for (const [i, [line, words]] of CASES.entries()) {
    const got = (offered[i] ?? []).map(word => word.split('\t', 1).join().replaceAll('\\', '')).sort()
    assert.deepEqual(got, words, line)
  }
  assert.ok(all.includes('push\tpush a message to the connections'), all.join('\n'))
  for (const name of await commandNames(cwd))
    assert.ok(
      all.some(line => line.startsWith(`${name}\t`)),
      name,
    )
})

test('completion for zsh', { skip: missing(ZSH, 'zsh') || noTerminal }, async t => {
  const gateway = await startGateway(t)
  await startGateway(t, { folder: gateway.folder, env: { WS_GATEWAY_ID: 'two' } })
  const { folder: cwd } = gateway
  writeFileSync(join(cwd, 'some file'), '')
  const env = { ...shellEnvironment(gateway), ZDOTDIR: cwd, HOME: cwd }
  writeFileSync(
    join(cwd, '.zshrc'),
    `PS1='ready> '; zstyle ':completion:*' menu no; setopt no_beep list_packed; LISTMAX=1000
autoload -Uz compinit; compinit -u -D; source <(gateway completion zsh)\n`,
  )
  const zsh = terminalWith(t, { cwd, env, columns: 120, rows: 60 }, [ZSH, '-d', '-i'])
  await zsh.prints(/ready> /)
  for (const [line, words] of CASES.filter(([, words]) => words.length > 0)) {
    const from = zsh.out.length
    zsh.type(`${line}\t`)
    // One alone is put in; several are listed.
    const shown = words.length === 1 ? [...line.split(' ').slice(-1), ''] : words
    const rest = words.length === 1 ? (words[0] ?? '').slice((shown[0] ?? '').length).replace(' ', '\\ ') : ''
    await zsh.until(`${words} for ${line}`, () => {
      const text = zsh.out.slice(from).replaceAll('\u001b[1m', '')
      return words.length === 1
        ? text.includes(`${shown[0]}${rest}`)
        : words.every(word => text.includes(word))
    })
    zsh.type('\u0015')
  }
  const from = zsh.out.length
  zsh.type('gateway \t')
  await zsh.until('all commands', () =>
    /push +-- push a message to the connections/.test(zsh.out.slice(from)),
  )
  zsh.type('\u0015exit\r')
  await zsh.ended
})

test('each command has its options in its help, and completion takes what it says from there', async t => {
  const cwd = temporaryFolder(t)
  const { out } = await cli({ cwd }, 'completion', 'fish')
  const options = [...out.matchAll(/'__gateway_is (\S+)' (?:-s (\S) )?-l (\S+).* -d '(.*)'$/gm)]
  assert.ok(options.length > 80, String(options.length))
  const names = await commandNames(cwd)
  const helps = await Promise.all(names.map(name => cli({ cwd }, name, '--help')))
  for (const [, command = '', short = '', long = '', about = ''] of options) {
    const help = helps[names.indexOf(command)]?.out ?? ''
    if (long === 'help') continue
    assert.match(help, new RegExp(`^ +(-${short}, )?--${long}\\b`, 'm'), `${command} --${long}`)
    assert.ok(about.length > long.length, `${command} --${long}: ${about}`)
  }
  for (const help of helps)
    for (const line of help.out.split('\n').slice(1)) assert.ok(line.length <= 120, line)
  assert.deepEqual(await cli({ cwd }, 'completion', 'ids'), { code: 0, out: '', err: '' })
  for (const [words, wrong] of [
    [[], /completion takes bash, zsh, fish$/m],
    [['tcsh'], /completion takes bash, zsh, fish, got "tcsh"$/m],
    [['bash', 'zsh'], /got "bash zsh"/],
  ] as const) {
    const { code, err } = await cli({ cwd }, 'completion', ...words)
    assert.equal(code, 2)
    assert.match(err, wrong)
  }
})
