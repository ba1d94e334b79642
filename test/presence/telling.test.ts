import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Presence } from '../../src/presence/presence.ts'

test('comings and goings that wait for a slow hook come to nothing, and cannot pile up', async () => {
  const told: string[] = []
  let go = (): void => undefined
  const presence = new Presence({
    node: 'A',
    graceMs: 0,
    tell: async (hook, { user }) => {
      told.push(`${hook} ${user}`)
      await new Promise<void>(resolve => {
        go = resolve
      })
    },
  })
  const come = (): void => presence.take('A', { kind: 'in', group: 'g', user: 'ann' })
  const leave = (n: number): void => {
    presence.take('A', { kind: 'out', group: 'g', user: 'ann', leave: String(n) })
    presence.take('A', { kind: 'left', group: 'g', user: 'ann', leave: String(n) })
  }
  come()
  await new Promise(setImmediate)
  for (let n = 0; n < 1000; n++) {
    leave(n)
    come()
  }
  leave(1000)
  go()
  await new Promise(setImmediate)
  assert.deepEqual(told, ['groupJoin ann', 'groupLeave ann'])
  go()
  await presence.end(true)
  assert.equal(told.length, 2)
})
