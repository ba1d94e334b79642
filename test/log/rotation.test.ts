import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { BufferedFile } from '../../src/log/buffered-file.ts'
import { rotatedAmong } from '../../src/log/rotated-names.ts'
import { noDisk, smallDisk } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/gateway.ts'

const KIB = 1024

/** The rotated files, oldest first. */
const rotated = (path: string): string[] => rotatedAmong(readdirSync(dirname(path)), path)
const text = (files: readonly string[]): string => files.map(file => readFileSync(file, 'utf8')).join('')
const filled = (n: number): string => `${String(n).padStart(6, '0')} ${'x'.repeat(92)}\n`

function open(path: string, maxBytes: number, maxFiles: number) {
  const said: string[] = []
  const file = new BufferedFile({ path, limits: { maxBytes, maxFiles }, say: line => void said.push(line) })
  return { file, said }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('a file is renamed before it grows past its bound; what is there stays whole and in order', async t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const { file, said } = open(path, 64 * KIB, 100)
  for (let n = 0; n < 5000; n++) file.write(filled(n))
  file.close()
  const files = [...rotated(path), path]
  assert.equal(files.length, 8)
  for (const one of files) assert.ok(statSync(one).size <= 64 * KIB)
  for (const one of files.slice(0, -1)) assert.ok(statSync(one).size > 64 * KIB - 100, one)
  assert.equal(text(files), upTo(5000).map(filled).join(''))
  assert.deepEqual(said, [])
})

test('a line longer than the bound goes whole into a file of its own', t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const { file } = open(path, 64 * KIB, 100)
  const long = `${'l'.repeat(200 * KIB)}\n`
  for (const line of [filled(1), long, filled(2)]) file.write(line)
  file.close()
  assert.deepEqual(
    [...rotated(path), path].map(one => readFileSync(one, 'utf8')),
    [filled(1), long, filled(2)],
  )
})

test('the oldest are deleted, and nothing that is not ours; names go on behind each other when the clock is set back', async t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'WebSocket.log')
  const others = ['WebSocket.log.1', 'WebSocket.log-20200101', 'WebSocket.log.20200101T000000.000Z', 'x.log']
  for (const name of others) writeFileSync(join(folder, name), name)
  const future = 'WebSocket.log.20991231T235959.999Z-0a1b2c'
  writeFileSync(join(folder, future), 'of a clock that was wrong\n')
  const { file } = open(path, 64 * KIB, 3)
  for (let n = 0; n < 5000; n++) file.write(filled(n))
  file.close()
  await eventually('three files', () => rotated(path).length === 2)
  const kept = [...rotated(path), path]
  assert.ok(kept.every(one => !one.endsWith(future)))
  assert.match(rotated(path)[0] ?? '', /\.21000101T000000\.00\dZ-/)
  assert.ok(upTo(5000).map(filled).join('').endsWith(text(kept)))
  for (const name of others) assert.equal(readFileSync(join(folder, name), 'utf8'), name)
})

test('a new file has the mode and the group of the one before', t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  writeFileSync(path, '')
  chmodSync(path, 0o666)
  if (process.getuid?.() === 0) chownSync(path, 0, 12345)
  const { file } = open(path, 64 * KIB, 5)
  for (let n = 0; n < 1000; n++) file.write(filled(n))
  file.close()
  assert.equal(rotated(path).length, 1)
  const { mode, gid } = statSync(path)
  assert.equal(mode & 0o777, 0o666)
  if (process.getuid?.() === 0) assert.equal(gid, 12345)
})

test('what cannot be renamed is written to all the same, and that is said once: a symbolic link', t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'WebSocket.log')
  symlinkSync(join(folder, 'elsewhere'), path)
  const { file, said } = open(path, 64 * KIB, 5)
  for (let n = 0; n < 5000; n++) file.write(filled(n))
  file.close()
  assert.equal(text([path]), upTo(5000).map(filled).join(''))
  assert.ok(lstatSync(path).isSymbolicLink())
  assert.equal(said.length, 1)
  assert.match(
    said[0] ?? '',
    /WebSocket\.log cannot be rotated \(WS_LOG_MAX_BYTES\): it is a symbolic link; it grows on/,
  )
})

test('a full disk: rotation makes room, and where it cannot no line is torn', { skip: noDisk }, t => {
  const folder = smallDisk(t, 512)
  const path = join(folder, 'WebSocket.log')
  const { file, said } = open(path, 64 * KIB, 100)
  const lines = upTo(5400).map(filled)
  for (const line of lines) file.write(line)
  file.flush()
  assert.match(said[0] ?? '', /cannot be written: ENOSPC/)
  for (const one of [...rotated(path), path])
    assert.match(readFileSync(one, 'utf8'), /^(\d{6} x{92}\n)*$/, 'whole lines only')
  // Another gateway has room first.
  const oldest = rotated(path)[0] ?? ''
  renameSync(oldest, join(folder, 'moved'))
  writeFileSync(join(folder, 'moved'), '')
  appendFileSync(path, filled(999_999))
  file.close()
  assert.match(said[1] ?? '', /is written again$/)
  const rest = text([...rotated(path), path]).split('\n')
  assert.ok(rest.includes(filled(999_999).trimEnd()))
  assert.deepEqual(
    rest.filter(line => line !== '' && !line.startsWith('999999')).map(line => Number.parseInt(line, 10)),
    upTo(5400).slice(5400 - rest.length + 2),
  )
})

test('half a line of a writer that was killed, or of a machine without power, stays on a line of its own', t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  writeFileSync(path, 'whole\nhal')
  const { file } = open(path, 64 * KIB, 5)
  file.write('next\n')
  file.close()
  assert.equal(text([path]), 'whole\nhal\nnext\n')
})

test('a file that was deleted is made anew by the next line', t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const { file } = open(path, 64 * KIB, 5)
  file.write(filled(1))
  file.flush()
  rmSync(path)
  file.write(filled(2))
  file.close()
  assert.equal(text([path]), filled(2))
})
