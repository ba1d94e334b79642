/** The application is killed and started again under load. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '../../support/client.ts'
import { cleanEnvironment, root, startGateway, temporaryFolder } from '../../support/gateway.ts'
import { freePort } from '../../support/ports.ts'

const CLIENTS = 20
const PER_CLIENT = 300
/** 20 clients, one message each in this time: 2,000 a second. */
const EVERY_MS = 10

async function startRecording(t: TestContext, port: number, file: string): Promise<ChildProcess> {
  const program = join(root, 'test', 'listener', 'http', 'recording-application.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, String(port), file], {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout ?? child, 'data')
  return child
}

test('killed and started again under 2,000 messages a second: nothing lost, nothing twice, in order', {
  timeout: 120_000,
}, async t => {
  const port = await freePort()
  const file = join(temporaryFolder(t), 'messages')
  let application = await startRecording(t, port, file)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: `http://127.0.0.1:${port}/`, WS_LISTENER_EVENTS: 'message' },
  })
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(t, gateway.url)))
  const sending = Promise.all(
    clients.map(async client => {
      for (let i = 0; i < PER_CLIENT; i++) {
        client.send(String(i))
        await wait(EVERY_MS)
      }
    }),
  )
  for (let kills = 0; kills < 3; kills++) {
    await wait(400)
    application.kill('SIGKILL')
    await once(application, 'exit')
    await wait(100)
    application = await startRecording(t, port, file)
  }
  await sending
  const all = Array.from({ length: PER_CLIENT }, (_, i) => String(i))
  for (const client of clients) assert.deepEqual(await client.messages(PER_CLIENT, 30_000), all)

  const noted = new Map<string, string[]>()
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [, conn = '', message = ''] = line.split(' ')
    noted.set(conn, [...(noted.get(conn) ?? []), message])
  }
  assert.equal(noted.size, CLIENTS)
  for (const messages of noted.values()) assert.deepEqual(messages, all)
  const { counters, listener } = (await gateway.call('GET', '/status')).body
  assert.equal(counters.listenerErrors, 0)
  assert.ok(listener.requests.retried > 0, 'no request was tried again: nothing has been tested')
})
