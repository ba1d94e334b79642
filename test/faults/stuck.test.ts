import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const listener = {
  'listener.ts': `import { spin } from './spin.ts'
export const onMessage = (data: { message: string }) => {
  if (data.message === 'stick') spin(60_000)
  if (data.message === 'pause') spin(8_000)
}
`,
  'spin.ts': `export function spin(ms: number): void {
  const end = Date.now() + ms
  while (Date.now() < end) {
    Math.sqrt(end)
  }
}
`,
}

test('an endless loop is said in the log, with the file, the line and the stack; health fails', async t => {
  const gateway = await startGateway(t, { listener })
  const client = await connect(t, gateway.url)
  client.send('stick')
  const line = await gateway.line(l => l.event === 'listener.error', 0, 30_000)
  assert.match(String(line.file), /listener\/spin\.ts:[345]:\d+$/)
  const { stack } = line.err as { stack: string }
  assert.match(stack, /at spin .*spin\.ts:[345]/)
  assert.match(stack, /at .*onMessage.*listener\.ts:3/)
  assert.equal((await cli({ cwd: gateway.folder }, 'health')).code, 1)
  const logged = gateway.logFile().find(l => l.event === 'listener.error')
  assert.equal(logged?.file, line.file)
  assert.equal(gateway.child.exitCode, null, 'it is not ended unless that is asked for')
})

test('a loop that ends is said to run again, and nothing was lost', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_HEARTBEAT_MS: '2500' } })
  const client = await connect(t, gateway.url)
  client.send('pause')
  client.send('after')
  await gateway.line(l => /runs again/.test(l.msg ?? ''), 0, 40_000)
  assert.deepEqual(await client.messages(2), ['pause', 'after'])
  await once(client.ws, 'ping')
  assert.equal(client.ws.readyState, 1, 'nobody was cut off for not answering meanwhile')
})

test('WS_LISTENER_STUCK_MS ends the process with exit code 70, and the log is whole', async t => {
  const gateway = await startGateway(t, { listener, env: { WS_LISTENER_STUCK_MS: '1000' } })
  const client = await connect(t, gateway.url)
  client.send('stick')
  const { code } = await gateway.exited
  assert.equal(code, 70)
  const log = gateway.logFile()
  assert.ok(log.some(line => line.event === 'client.open'))
  assert.ok(log.some(line => /spin\.ts/.test(String(line.file))))
  assert.ok(log.some(line => line.exit === 70))
})

test('a listener that is stuck in native code is said to be so, and ended as well', async t => {
  const gateway = await startGateway(t, {
    listener: {
      'listener.mjs': `import { execSync } from 'node:child_process'
        export const onMessage = () => { execSync('sleep 60') }`,
    },
    env: { WS_LISTENER_STUCK_MS: '1500' },
  })
  const client = await connect(t, gateway.url)
  client.send('stick')
  const began = performance.now()
  const { signal } = await gateway.exited
  assert.equal(signal, 'SIGKILL')
  assert.ok(performance.now() - began < 40_000)
  assert.ok(gateway.logFile().some(line => /in code that is not JavaScript/.test(line.msg ?? '')))
})
