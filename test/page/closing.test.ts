/** What the first page says of a connection that has ended, or has not come about. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { faultsOf, launchBrowser, noBrowser } from '../support/browser.ts'
import { certificate } from '../support/certificate.ts'
import { cli } from '../support/cli.ts'
import { startGateway, temporaryFolder } from '../support/gateway.ts'
import { connect, entry, host, noViolations, text } from './first-page.ts'

const SECRET = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }

/** What the browser itself says of what these tests bring about. */
const EXPECTED = /WebSocket connection to .* failed|Failed to load resource/

/** Presses Connect, and gives what the page says then. */
async function refusal(page: Page): Promise<string> {
  await page.click('#connect')
  await page.locator('#state[data-state=failed]').waitFor()
  await page.locator('#note').waitFor()
  return text(page, '#note')
}

test('close codes in words, and what may have refused a handshake', { skip: noBrowser }, async t => {
  const browser = await launchBrowser(t)
  const page = await browser.newPage()

  await t.test('a connection that the gateway closes', async t => {
    const gateway = await startGateway(t)
    const faults = faultsOf(page, host(gateway))
    await page.goto(`http://${host(gateway)}/`)
    for (const [code, reason, state, words] of [
      [
        4401,
        'token expired',
        'failed',
        /Closed with 4401 Token expired, “\u2068token expired\u2069”\.Connect again with a new/,
      ],
      [1013, '', 'failed', /Closed with 1013 Try again later\..*WS_MAX_BUFFERED_BYTES/],
      [1000, 'done', 'closed', /Closed with 1000 Normal, “\u2068done\u2069”\./],
      // Its text turns the order of characters around, but not that of those after it.
      [4000, '\u202Egnp', 'failed', /4000 Application, “\u2068\u202Egnp\u2069”\./],
      [4711, '', 'failed', /4711 Application\.A code of your own listener/],
      [3001, '', 'failed', /3001 Registered\./],
    ] as const) {
      await connect(page)
      const { connections } = (await gateway.call('GET', '/connections')).body
      await gateway.call(
        'DELETE',
        `/connections/${connections[0].id}?code=${code}&reason=${encodeURI(reason)}`,
      )
      await page.locator(`#state[data-state=${state}]`).waitFor()
      assert.equal(await text(page, '#state-text'), `Closed: ${code}`)
      assert.match(await text(page, '#note'), words)
    }
    await noViolations(page)
    await connect(page)
    assert.equal(await page.locator('#note').isVisible(), false)
    await gateway.call('POST', '/stop')
    await entry(page, /closed: 1001 Going away, “\u2068gateway stops\u2069”/)
    assert.match(await text(page, '#note'), /The gateway stops/)
    assert.deepEqual(faults, [])
  })

  await t.test('a gateway that is gone, or lets nobody in', async t => {
    const gateway = await startGateway(t)
    await page.goto(`http://${host(gateway)}/`)
    await gateway.call('POST', '/stop')
    assert.match(await refusal(page), /cannot be reached/)
    const broken = await startGateway(t, { env: { WS_LISTENER: 'nowhere.mjs' } })
    const faults = faultsOf(page, host(broken), EXPECTED)
    await page.goto(`http://${host(broken)}/`)
    assert.match(
      await refusal(page),
      /is there, and lets nobody in now.*listener does not load.*gateway status/,
    )
    assert.equal(await text(page, '#state-text'), 'Not let in')
    await noViolations(page)
    assert.deepEqual(faults, [])
  })

  await t.test('an origin that may not connect', async t => {
    const gateway = await startGateway(t, { env: { WS_ALLOWED_ORIGINS: 'https://example.org' } })
    await page.goto(`http://${host(gateway)}/`)
    const words = await refusal(page)
    assert.match(words, /has refused this handshake.*gateway logs.*client\.refused/)
    assert.ok(words.includes(`Pages of http://${host(gateway)} may not connect (WS_ALLOWED_ORIGINS, 403)`))
    assert.equal((await gateway.line(line => line.event === 'client.refused')).status, 403)
  })

  await t.test('a token that is missing, wrong and right; a path that is none', async t => {
    const gateway = await startGateway(t, { env: { ...SECRET, WS_PATH: '/ws/:group' } })
    await page.goto(`http://${host(gateway)}/`)
    assert.equal(await page.inputValue('#url'), `ws://${host(gateway)}/ws/lobby`)
    assert.match(await refusal(page), /It asks for a token, and none is given/)
    await page.fill('#token', 'wrong')
    assert.match(await refusal(page), /The token does not count/)
    await page.fill('#token', 'two words')
    await page.click('#connect')
    await page.locator('#note', { hasText: 'In a token there are letters' }).waitFor()
    const words = ['token', '--user', 'anna']
    const { out } = await cli({ cwd: gateway.folder, env: SECRET }, ...words)
    // As it stands in a header, it is copied with this word.
    await page.fill('#token', `Bearer ${out.trim()}`)
    await connect(page)
    const { connections } = (await gateway.call('GET', '/connections')).body
    assert.deepEqual([connections[0].user, connections[0].groups], ['anna', ['lobby']])
    assert.equal(await text(page, '#id'), connections[0].id)
    await page.click('#disconnect')
    for (const path of ['/elsewhere', '/ws/', '/ws/a/b', '/ws/a/']) {
      await page.fill('#url', `ws://${host(gateway)}${path}`)
      assert.match(
        await refusal(page),
        /Clients connect at \/ws\/:group \(WS_PATH\), and at no other path \(404\)/,
        path,
      )
    }
  })

  await t.test('a listener that agrees on no subprotocol; one that takes its time', async t => {
    const source = `export const onClientHandshake = async data => {
      if (data.request.query === 'slow') await new Promise(() => {})
      data.protocol = null
    }`
    const gateway = await startGateway(t, { listener: { 'listener.mjs': source } })
    await page.goto(`http://${host(gateway)}/`)
    assert.match(await refusal(page), /agreed on none of the subprotocols/)
    await page.click('#more summary')
    await page.uncheck('#ask-id')
    await connect(page)
    assert.deepEqual([await text(page, '#protocol'), await text(page, '#id')], ['none', 'not known'])
    await page.click('#disconnect')
    await page.fill('#url', `ws://${host(gateway)}/?slow`)
    await page.click('#connect')
    await page.locator('#state[data-state=opening]').waitFor()
    await page.click('#disconnect')
    await page.locator('#state-text', { hasText: 'Given up' }).waitFor()
    assert.equal(await page.locator('#note').isVisible(), false)
  })
})

test('by https: the page connects by wss:, and by nothing else', { skip: noBrowser }, async t => {
  const { cert, key } = certificate(temporaryFolder(t), 'localhost', { alternative: 'IP:127.0.0.1' })
  const gateway = await startGateway(t, { env: { WS_TLS_CERT_FILE: cert, WS_TLS_KEY_FILE: key } })
  const page = await (await launchBrowser(t)).newPage({ ignoreHTTPSErrors: true })
  const faults = faultsOf(page, host(gateway))
  await page.goto(`https://${host(gateway)}/`)
  assert.equal(await page.inputValue('#url'), `wss://${host(gateway)}/`)
  await connect(page)
  await page.click('#disconnect')
  await page.fill('#url', 'ws://localhost/')
  await page.press('#url', 'Enter')
  assert.match(await text(page, '#note'), /wss: alone/)
  assert.deepEqual(faults, [])
})
