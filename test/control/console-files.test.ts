import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { residentBytes, startGateway } from '../support/gateway.ts'

test("whoever asks for the console's files a thousand times at once and does not read costs little memory", async t => {
  const gateway = await startGateway(t, {
    env: { WS_CONTROL_PORT: '0', WS_CONTROL_TOKEN: '0123456789abcdef' },
  })
  const { controlPort } = (await gateway.call('GET', '/status')).body
  const before = residentBytes(gateway.child.pid)
  // So many requests node:http reads at once, and answers all of them, whether the answers are read or not.
  const requests = 'GET /console.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000)
  for (let i = 0; i < 6; i++) {
    const caller = createConnection(controlPort, '127.0.0.1')
    t.after(() => caller.destroy())
    caller.on('error', () => undefined)
    caller.write(requests)
    caller.pause()
    await once(caller, 'readable')
  }
  assert.equal((await gateway.call('GET', '/health')).status, 200)
  const grown = residentBytes(gateway.child.pid) - before
  assert.ok(grown < 200 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MiB`)
})
