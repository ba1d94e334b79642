import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { noDisk, smallDisk } from '../support/disk.ts'
import { startGateway } from '../support/gateway.ts'

/** Writes until nothing more goes on the disk. */
function fill(file: string): void {
  try {
    for (let i = 1; ; i++) writeFileSync(file, Buffer.alloc(4096 * i))
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOSPC')
  }
  // What the failed write has left free is taken up as well.
  for (let i = 0; i < 20; i++) {
    try {
      writeFileSync(`${file}.${i}`, Buffer.alloc(4096))
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOSPC')
      return
    }
  }
}

test('the disk under everything is full: messages and pushes go on, a save that fails on it is no listener', {
  skip: noDisk,
}, async t => {
  const folder = smallDisk(t, 512)
  mkdirSync(join(folder, 'listener'))
  const file = join(folder, 'listener/listener.mjs')
  const good = `export const onMessage = data => { data.message = 'good ' + data.message }\n`
  writeFileSync(file, good)
  const gateway = await startGateway(t, { folder, listener: { 'listener.mjs': good } })
  const client = await connect(t, gateway.url)
  fill(join(folder, 'filler'))
  for (let i = 0; i < 100; i++) client.send(`${i}`)
  assert.equal((await client.messages(100))[99], 'good 99')
  // As an editor does it: the file is emptied, and then there is no room for what it shall hold.
  assert.throws(() => writeFileSync(file, `${good}${'// '.repeat(20_000)}`), { code: 'ENOSPC' })
  for (let i = 0; i < 100; i++) await gateway.push({ message: 'pushed' })
  await gateway.until('the complaint', () => /cannot be written: ENOSPC/.test(gateway.stderr))
  client.send('after the save')
  await client.messages(201)
  assert.ok(client.got.slice(100).every(message => String(message).startsWith('good ')))
  let from = gateway.lines.length
  rmSync(join(folder, 'filler'))
  writeFileSync(file, good.replace('good', 'new'))
  // What the failed save has left is a listener too, by chance, and may be loaded before.
  for (let count = 202; client.got.at(-1) !== 'new x'; count++) {
    const load = await gateway.line(
      line => line.event === 'listener.load' && line.generation !== undefined,
      from,
    )
    from = gateway.lines.indexOf(load) + 1
    client.send('x')
    await client.messages(count)
  }
  await gateway.stop()
  const lines = readFileSync(join(folder, 'logs/WebSocket.log'), 'utf8').trim().split('\n')
  for (const line of lines) JSON.parse(line)
  assert.ok(lines.some(line => line.includes('gateway.stop')))
})
