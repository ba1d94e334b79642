import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { follow } from '../../src/log/follow.ts'
import { lastLines } from '../../src/log/last-lines.ts'
import { rotatedAmong } from '../../src/log/rotated-names.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/gateway.ts'

const KIB = 1024
const writerFile = join(dirname(fileURLToPath(import.meta.url)), '../support/log-writer.ts')

/** The rotated files, oldest first. */
const rotated = (path: string): string[] => rotatedAmong(readdirSync(dirname(path)), path)
const text = (files: readonly string[]): string => files.map(file => readFileSync(file, 'utf8')).join('')

class Writer {
  readonly child: ChildProcess
  readonly name: string
  readonly ready: Promise<unknown>
  readonly #lines: string[] = []

  constructor(t: TestContext, path: string, name: string, maxBytes: number, maxFiles: number, uid?: number) {
    this.name = name
    const words = ['--import', 'tsx', writerFile, path, name, String(maxBytes), String(maxFiles)]
    this.child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(uid !== undefined && { uid, gid: uid }),
    })
    t.after(() => this.child.kill('SIGKILL'))
    const { stdout } = this.child
    assert.ok(stdout)
    const lines = createInterface(stdout)
    lines.on('line', line => this.#lines.push(line))
    this.ready = once(lines, 'line')
  }

  /** @returns how many lines it has written */
  async end(): Promise<number> {
    this.child.kill('SIGTERM')
    await once(this.child, 'close')
    return Number(this.#lines.at(-1))
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await once(this.child, 'close')
  }
}

/** The numbers of each writer's lines in the order of the files, and what is no line. */
function account(all: string) {
  const numbers = new Map<string, number[]>()
  const others: string[] = []
  for (const line of all.split('\n')) {
    if (line === '') continue
    try {
      const { name, n } = JSON.parse(line)
      const own = numbers.get(name) ?? []
      own.push(n)
      numbers.set(name, own)
    } catch {
      others.push(line)
    }
  }
  return { numbers, others }
}

const sorted = (numbers: readonly number[] = []): number[] => numbers.toSorted((a, b) => a - b)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('several writers with other limits or none, one killed and begun again: no line lost or torn, and a follower sees each once', async t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const writers = [
    new Writer(t, path, 'a', 64 * KIB, 10_000),
    new Writer(t, path, 'b', 100 * KIB, 9000),
    new Writer(t, path, 'old', 0, 0),
  ]
  // A follower sees each line once, however often the file is rotated between two looks of it.
  const seen: string[] = []
  const until = new AbortController()
  const { end } = await lastLines(path, { count: 0, matches: () => true, withUnfinished: false })
  const following = follow(path, end, line => seen.push(line) > 0, until.signal)
  await Promise.all(writers.map(writer => writer.ready))
  const killed = ['killed 0', 'killed 1']
  for (const name of killed) {
    const writer = new Writer(t, path, name, 64 * KIB, 10_000)
    await writer.ready
    const before = rotated(path).length
    await eventually('more files', () => rotated(path).length >= before + 10)
    await writer.kill()
  }
  const counts = await Promise.all(writers.map(writer => writer.end()))

  const files = [...rotated(path), path]
  // Some hundreds for each second: none has been deleted.
  assert.ok(files.length < 9000)
  const all = text(files)
  const { numbers, others } = account(all)
  for (const [i, { name }] of writers.entries())
    assert.deepEqual(sorted(numbers.get(name)), upTo(counts[i] ?? 0), name)
  // What a killed process had not written is lost with it; what it had is there without a gap, and it may have got
  // half of its last line out, which then stands on a line of its own.
  for (const name of killed) {
    const own = sorted(numbers.get(name))
    assert.deepEqual(own, upTo(own.length), name)
  }
  assert.ok(killed.some(name => numbers.has(name)))
  assert.ok(
    others.length <= killed.length && others.every(line => '{"name":"killed'.startsWith(line.slice(0, 15))),
    others[0],
  )
  const lines = all.split('\n').filter(line => line !== '')
  await eventually('the follower', () => seen.length >= lines.length)
  until.abort()
  await following
  assert.deepEqual(seen.toSorted(), lines.toSorted())
})

test('few files at full speed: their number and sizes stay within their bounds', async t => {
  const path = join(temporaryFolder(t), 'WebSocket.log')
  const writers = ['a', 'b', 'c'].map(name => new Writer(t, path, name, 64 * KIB, 3))
  await Promise.all(writers.map(writer => writer.ready))
  const newest = new Set<string>()
  let most = 0
  while (newest.size < 20) {
    const names = rotated(path)
    for (const name of names) newest.add(name)
    most = Math.max(most, names.length + 1)
    await sleep(5)
  }
  await Promise.all(writers.map(writer => writer.end()))
  // One more for each writer that has renamed and not yet deleted.
  assert.ok(most <= 3 + 2 * writers.length, `${most} files`)
  assert.ok(rotated(path).length <= 2)
  // Each writer may be just about to write when another one renames the file.
  for (const file of [...rotated(path), path]) assert.ok(statSync(file).size <= (64 + 3 * 64) * KIB, file)
  assert.deepEqual(account(text([...rotated(path), path])).others, [])
})

test('no permission for the folder: the file is written to all the same', async t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'WebSocket.log')
  const root = process.getuid?.() === 0
  writeFileSync(path, '')
  if (root) chownSync(path, 65534, 65534)
  chmodSync(folder, 0o555)
  const writer = new Writer(t, path, 'a', 64 * KIB, 5, root ? 65534 : undefined)
  await writer.ready
  await eventually('a large file', () => statSync(path).size > 500 * KIB)
  const count = await writer.end()
  assert.deepEqual(account(text([path])).numbers.get('a'), upTo(count))
  assert.deepEqual(readdirSync(folder), ['WebSocket.log'])
  chmodSync(folder, 0o755)
})
