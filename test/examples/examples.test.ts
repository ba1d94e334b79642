/** The listeners that come with the package do what their first lines say. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Client, connect } from '../support/client.ts'
import { root, startGateway } from '../support/gateway.ts'

const example = (name: string) => ({ env: { WS_LISTENER: join(root, 'listener', name) } })

/** What a client got, as JSON, after all that was sent before has been handled. */
async function got(client: Client): Promise<unknown[]> {
  await client.settled()
  return client.got.map(text => JSON.parse(String(text)))
}

test('the default listener: everyone gets everything, the sender too, and pushes', async t => {
  const gateway = await startGateway(t, example(''))
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

test('chat.ts: no echo, the last messages for a newcomer, who comes and goes', async t => {
  const gateway = await startGateway(t, example('examples/chat.ts'))
  const anna = await connect(t, `${gateway.url}/?name=Anna`)
  const ben = await connect(t, `${gateway.url}/?name=Ben`)
  anna.send('hi')
  await ben.messages(1)
  await gateway.push({ message: 'supper is ready' })
  const carl = await connect(t, gateway.url)
  const said = [
    { from: 'Anna', text: 'hi' },
    { from: 'the house', text: 'supper is ready' },
  ]
  await carl.messages(2)
  assert.deepEqual(await got(carl), said)
  assert.deepEqual(await got(ben), [...said, { joined: 'somebody', online: 3 }])
  await carl.close()
  await anna.messages(4)
  assert.deepEqual(await got(anna), [
    { joined: 'Ben', online: 2 },
    said[1],
    { joined: 'somebody', online: 3 },
    { left: 'somebody', online: 2 },
  ])
})

test('rooms.ts: a message stays in the room of its sender; a push says which room, or none', async t => {
  const gateway = await startGateway(t, example('examples/rooms.ts'))
  const cat = await connect(t, `${gateway.url}/?room=cats`)
  const other = await connect(t, `${gateway.url}/?room=cats`)
  const dog = await connect(t, `${gateway.url}/?room=dogs`)
  cat.send('miaow')
  assert.deepEqual(await other.messages(1), ['miaow'])
  assert.equal((await gateway.push({ message: 'food', room: 'cats' })).body.recipients, 2)
  assert.equal((await gateway.push({ message: 'nobody', room: 'mice' })).body.recipients, 0)
  assert.equal((await gateway.push({ message: 'all' })).body.recipients, 3)
  assert.deepEqual(await cat.messages(3), ['miaow', 'food', 'all'])
  assert.deepEqual(await dog.messages(1), ['all'])
  const lost = await connect(t, gateway.url)
  assert.equal((await lost.closed).code, 4000)
})

test('ticker.ts: pushes by topic, the last value for a newcomer, nothing between clients', async t => {
  const gateway = await startGateway(t, example('examples/ticker.ts'))
  const early = await connect(t, gateway.url)
  early.send('["gold"]')
  await early.settled()
  assert.equal((await gateway.push({ topic: 'gold', message: 1 })).body.recipients, 1)
  assert.equal((await gateway.push({ topic: 'silver', message: 2 })).body.recipients, 0)
  const late = await connect(t, gateway.url)
  late.send('["gold", "silver", "tin"]')
  await late.messages(2)
  assert.deepEqual(await got(late), [
    { topic: 'gold', value: 1 },
    { topic: 'silver', value: 2 },
  ])
  late.send('gold, please')
  await late.messages(3)
  assert.match(String(late.got[2]), /error/)
  assert.deepEqual(await got(early), [{ topic: 'gold', value: 1 }])
})
