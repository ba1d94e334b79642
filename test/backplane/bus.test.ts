import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Bus } from '../../src/backplane/bus.ts'
import { History } from '../../src/backplane/history.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

test('who waits for room waits no longer when the bus stops', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t, { persistent: false })
  const nothing = (): void => undefined
  let isOpen = (): void => undefined
  const opened = new Promise<void>(resolve => {
    isOpen = resolve
  })
  const bus = new Bus({
    url: redis.url,
    prefix: 'p',
    node: 'a',
    history: new History(1000, 1e9),
    bufferBytes: 1000,
    events: {
      ...{ opened: isOpen, away: nothing, dropped: nothing, received: nothing },
      ...{ addressed: nothing, missed: nothing, strange: nothing },
    },
  })
  await bus.start()
  await opened
  redis.pause()
  t.after(() => redis.resume())
  bus.publish({ kind: 'message' }, Buffer.alloc(1000))
  const room = bus.room()
  assert.ok(room)
  await bus.stop(AbortSignal.timeout(50))
  assert.equal(await Promise.race([room.then(() => 'room'), delay(1000, 'still waiting')]), 'room')
})
