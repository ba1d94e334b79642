import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { startGateway, writeFiles } from '../support/gateway.ts'

test('stop, start, restart, reload: what they print, and what happens', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': 'export const onMessage = () => {}' } })
  const cwd = gateway.folder
  const said = async (...words: string[]) => {
    const { code, out, err } = await cli({ cwd }, ...words)
    return code === 0 ? out : `${code} ${err}`
  }
  const client = await connect(t, gateway.url)
  assert.equal(await said('start'), 'already running\n')
  assert.equal(await said('reload'), 'running\n')
  assert.equal(await said('restart'), 'running\n')
  assert.equal((await client.closed).code, 1012)
  const again = await connect(t, gateway.url)
  assert.equal(await said('stop'), 'stopped\n')
  assert.equal((await again.closed).code, 1001)
  assert.equal(await said('stop'), 'already stopped\n')
  assert.match(await said('reload'), /^1 gateway: the gateway is stopped: /)
  const started = JSON.parse(await said('start', '--json'))
  assert.deepEqual([started.state, started.id], ['running', 'websocket'])
  writeFiles(`${cwd}/listener`, { 'listener.js': 'export const onMessage = (' })
  assert.match(await said('reload'), /^1 gateway: .*listener\.js:1/)
  assert.equal((await gateway.call('GET', '/status')).body.state, 'running')
})

test('mode disabled: start and restart are exit 1 and say why', async t => {
  const gateway = await startGateway(t, { env: { WS_STARTUP_MODE: 'disabled' } })
  for (const word of ['start', 'restart']) {
    const { code, err } = await cli({ cwd: gateway.folder }, word)
    assert.equal(code, 1)
    assert.match(err, /WS_STARTUP_MODE is disabled/)
  }
  assert.equal((await cli({ cwd: gateway.folder }, 'stop')).out, 'already stopped\n')
})
