import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BufferedFile } from '../../src/log/buffered-file.ts'
import { noDisk, smallDisk } from '../support/disk.ts'
import { temporaryFolder } from '../support/gateway.ts'

function open(path: string) {
  const said: string[] = []
  return { file: new BufferedFile({ path, say: text => void said.push(text) }), said }
}

test('lines are written in order, and all of them at close', t => {
  const path = join(temporaryFolder(t), 'new', 'folders', 'WebSocket.log')
  const { file } = open(path)
  for (let n = 0; n < 10_000; n++) file.write(`${n}\n`)
  file.close()
  assert.equal(readFileSync(path, 'utf8'), Array.from({ length: 10_000 }, (_, n) => `${n}\n`).join(''))
})

test('after a rename a reopened file is a new one', t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const { file } = open(path)
  file.write('old\n')
  file.flush()
  renameSync(path, `${path}.1`)
  file.write('still old\n')
  file.reopen()
  file.write('new\n')
  file.close()
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'old\nstill old\n')
  assert.equal(readFileSync(path, 'utf8'), 'new\n')
})

test('a file that cannot be written is said once; it is written again when it can be, with what was kept', t => {
  const folder = temporaryFolder(t)
  const blocked = join(folder, 'logs')
  writeFileSync(blocked, 'a file where the folder should be')
  const path = join(blocked, 'WebSocket.log')
  const { file, said } = open(path)
  file.write('kept 1\n')
  file.flush()
  file.write('kept 2\n')
  file.flush()
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /WebSocket\.log cannot be written: .*tried again every second/)
  rmSync(blocked)
  mkdirSync(blocked)
  file.flush()
  assert.match(said[1] ?? '', /is written again$/)
  file.close()
  assert.equal(readFileSync(path, 'utf8'), 'kept 1\nkept 2\n')
})

test('what waits for a file that cannot be written is bounded, and what was dropped is counted', t => {
  const folder = temporaryFolder(t)
  const blocked = join(folder, 'logs')
  writeFileSync(blocked, '')
  const { file, said } = open(join(blocked, 'WebSocket.log'))
  file.write('x\n')
  file.flush()
  const line = `${'y'.repeat(1023)}\n`
  for (let n = 0; n < 3000; n++) file.write(line)
  rmSync(blocked)
  file.close()
  assert.match(said[1] ?? '', /; (19\d\d) lines could not be kept$/)
  assert.equal(readFileSync(join(blocked, 'WebSocket.log'), 'utf8').length, 1024 * 1024)
})

test('a folder below /proc is an error, and no endless loop', () => {
  const { file, said } = open('/proc/nowhere/deep/WebSocket.log')
  file.write('x\n')
  file.flush()
  assert.match(said[0] ?? '', /cannot be written/)
})

test('a full disk costs no line and tears none', { skip: noDisk }, t => {
  const folder = smallDisk(t, 64)
  const path = join(folder, 'WebSocket.log')
  const { file, said } = open(path)
  writeFileSync(join(folder, 'ballast'), 'b'.repeat(50_000))
  const lines = Array.from({ length: 600 }, (_, n) => `${JSON.stringify({ n, pad: 'p'.repeat(50) })}\n`)
  for (const line of lines) {
    file.write(line)
    file.flush()
  }
  assert.match(said.join('\n'), /ENOSPC/)
  assert.equal(said.length, 1)
  rmSync(join(folder, 'ballast'))
  file.close()
  assert.match(said[1] ?? '', /written again/)
  assert.equal(readFileSync(path, 'utf8'), lines.join(''))
})

test('several processes append whole lines', async t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const source = join(dirname(fileURLToPath(import.meta.url)), '../../src/log/buffered-file.ts')
  const program = `
    import { BufferedFile } from ${JSON.stringify(source)}
    const file = new BufferedFile({ path: ${JSON.stringify(path)}, say: () => {} })
    for (let n = 0; n < 5000; n++) { file.write(JSON.stringify({ who: process.pid, n, pad: 'x'.repeat(n % 300) }) + '\\n'); if (n % 7 === 0) file.flush() }
    file.close()`
  await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, '--import', 'tsx', '--input-type=module', '-e', program)),
  )
  const next = new Map<number, number>()
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const { who, n } = JSON.parse(line)
    assert.equal(n, next.get(who) ?? 0)
    next.set(who, n + 1)
  }
  assert.deepEqual([...next.values()], [5000, 5000, 5000])
})

async function run(program: string, ...words: string[]): Promise<void> {
  const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit')
  assert.equal(code, 0, `${program} ${words.join(' ')}`)
}
