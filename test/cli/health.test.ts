import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'

/** What it says when all is well. It is asked again, since a gateway that takes two seconds to answer is not. */
const healthy = (cwd: string) =>
  eventually('exit 0', async () => {
    const result = await cli({ cwd }, 'health')
    return result.code === 0 && result
  })

const silent = (code: number) => ({ code, out: '', err: '' })

test('exit 0 while it runs or was told to stop, exit 1 otherwise, and never a word', async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  assert.deepEqual(await healthy(cwd), silent(0))
  await gateway.call('POST', '/stop')
  assert.deepEqual(await healthy(cwd), silent(0))
  assert.deepEqual(await cli({ cwd }, 'health', '--id', 'nobody'), silent(1))
  assert.deepEqual(await cli({ cwd, env: { WS_GATEWAY_ID: 'a b' } }, 'health'), silent(1))
  await gateway.stop('SIGKILL')
  assert.deepEqual(await cli({ cwd }, 'health'), silent(1))
  assert.deepEqual(await cli({ cwd: temporaryFolder(t) }, 'health'), silent(1))
})

test('exit 1 without a working listener', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': 'export const onMessage = (' } })
  assert.deepEqual(await cli({ cwd: gateway.folder }, 'health'), silent(1))
})

test('exit 1 within two seconds when the event loop is stuck', async t => {
  const gateway = await startGateway(t)
  gateway.child.kill('SIGSTOP')
  t.after(() => gateway.child.kill('SIGCONT'))
  // Not a measurement: without its own bound it would wait for ever.
  assert.deepEqual(await cli({ cwd: gateway.folder }, 'health'), silent(1))
})
