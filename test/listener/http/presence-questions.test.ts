/** What waits for its turn of events that no connection stands behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineFull } from '../../../src/listener/http/faults.ts'
import { aboutPresence, aboutPush } from '../../../src/listener/http/questions.ts'
import { Turns } from '../../../src/listener/http/turns.ts'

const member = (group: string) => ({ group, user: 'anna', info: { n: 1 }, message: '' })

test('events of groups are bounded by memory, apart from pushes, and wait for as long as others are answered', async () => {
  const question = aboutPresence('group-join', 'websocket', member('cats'))
  assert.deepEqual(JSON.parse(question.body()), {
    ...{ event: 'group-join', gateway: 'websocket', group: 'cats', user: 'anna', info: { n: 1 } },
  })
  assert.deepEqual([question.isPatient, question.isHeld()], [true, false])
  const turns = new Turns({ limit: 1, timeoutMs: 60_000, maxWaitingBytes: 4 * (512 + question.bytes) })
  await turns.take(question)
  const waiting = Array.from({ length: 4 }, () => turns.take(question))
  assert.throws(() => turns.take(question), LineFull)
  const push = turns.take(aboutPush('websocket', { message: 'x' }))
  for (const turn of [...waiting, push]) {
    turns.done()
    await turn
  }
})

test('what is told has no info where there is none', () => {
  const { info: _, ...without } = member('cats')
  const question = aboutPresence('group-leave', 'websocket', { ...without, info: undefined })
  assert.deepEqual(Object.keys(JSON.parse(question.body())), ['event', 'gateway', 'group', 'user'])
})
