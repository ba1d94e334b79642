import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Sequence } from '../../src/connections/sequence.ts'

function source() {
  const calls: string[] = []
  return { calls, pause: () => void calls.push('pause'), resume: () => void calls.push('resume') }
}

test('synchronous tasks run at once', () => {
  const seen: number[] = []
  const sequence = new Sequence(source(), 64)
  for (const n of [1, 2, 3]) sequence.run(() => void seen.push(n))
  assert.deepEqual(seen, [1, 2, 3])
})

test('a task waits for the one before, and a task run within a task comes after it', async () => {
  const seen: string[] = []
  const sequence = new Sequence(source(), 64)
  const first = withResolvers()
  sequence.run(async () => {
    await first.promise
    seen.push('slow')
  })
  sequence.run(() => {
    sequence.run(() => void seen.push('inner'))
    seen.push('fast')
  })
  await turn()
  assert.deepEqual(seen, [])
  first.resolve(undefined)
  await turn()
  assert.deepEqual(seen, ['slow', 'fast', 'inner'])
})

test('thousands of waiting tasks keep their order, pause their source, and resume it', async () => {
  const seen: number[] = []
  const from = source()
  const sequence = new Sequence(from, 64)
  for (let n = 0; n < 5000; n++) {
    sequence.run(() => {
      seen.push(n)
      return n % 3 === 0 ? Promise.resolve() : undefined
    })
  }
  assert.deepEqual(from.calls, ['pause'])
  while (seen.length < 5000) await turn()
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, n) => n),
  )
  assert.deepEqual(from.calls, ['pause', 'resume'])
  assert.equal(sequence.waiting, 0)
})

test('a few large events pause their source as well', async () => {
  const from = source()
  const sequence = new Sequence(from, 64)
  const first = withResolvers()
  sequence.run(() => first.promise.then(() => undefined))
  sequence.run(() => undefined, 600_000)
  assert.deepEqual(from.calls, [])
  sequence.run(() => undefined, 600_000)
  assert.deepEqual(from.calls, ['pause'])
  first.resolve()
  await turn()
  assert.deepEqual(from.calls, ['pause', 'resume'])
})

function withResolvers() {
  let resolve: (value?: unknown) => void = () => undefined
  const promise = new Promise(r => {
    resolve = r
  })
  return { promise, resolve }
}
