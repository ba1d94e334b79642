import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

test('a foreign origin gets 403 before any code of the listener runs', async t => {
  const gateway = await startGateway(t, {
    env: { WS_ALLOWED_ORIGINS: 'https://example.com, https://*.example.org' },
    listener: {
      'listener.mjs': `export const onClientHandshake = (data, gateway) => { gateway.log.info('asked') }`,
    },
  })
  const status = (origin: string) => refused(gateway.url, [], { headers: { origin } })
  assert.equal(await status('https://evil.example'), 403)
  assert.equal(await status('https://example.com.evil.net'), 403)
  assert.equal(await status('null'), 403)
  assert.equal(gateway.lines.filter(line => line.msg === 'asked').length, 0)
  await connect(t, gateway.url, [], { headers: { origin: 'https://example.com' } })
  await connect(t, gateway.url, [], { headers: { origin: 'https://www.example.org' } })
  await connect(t, gateway.url)
  await gateway.until('asked', () => gateway.lines.filter(line => line.msg === 'asked').length === 3)
  assert.equal(gateway.lines.filter(line => line.event === 'config').length, 0, 'no warning')
})

test('the default lets every origin in, with a warning at start', async t => {
  const gateway = await startGateway(t)
  await connect(t, gateway.url, [], { headers: { origin: 'https://anything.example' } })
  const warning = await gateway.line(line => line.level === 40 && /WS_ALLOWED_ORIGINS/.test(line.msg ?? ''))
  assert.equal(warning.event, 'config')
})
