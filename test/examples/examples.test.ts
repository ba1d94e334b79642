/** The listener that comes with the package does what its first lines say; those of samples/ are in test/samples. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { root, startGateway } from '../support/gateway.ts'

test('the default listener: everyone gets everything, the sender too, and pushes', async t => {
  const gateway = await startGateway(t, { env: { WS_LISTENER: join(root, 'listener') } })
  const [anna, ben] = [await connect(t, gateway.url), await connect(t, gateway.url)]
  anna.send('hello')
  anna.send(Buffer.from([0, 255]))
  for (const client of [anna, ben])
    assert.deepEqual(await client.messages(2), ['hello', Buffer.from([0, 255])])
  assert.deepEqual((await gateway.push({ message: { price: 42 } })).body, { recipients: 2 })
  assert.deepEqual((await ben.messages(3))[2], '{"price":42}')
  assert.equal(
    (await gateway.call('GET', '/status')).body.listener.path,
    join(root, 'listener', 'listener.ts'),
  )
})
