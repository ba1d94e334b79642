/** Several gateways, and one that goes away. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { noBrowser } from '../support/browser.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { controlled, openConsole, openPage, signIn } from './console.ts'

test('the console shows any gateway of the control folder, and says when one is away', {
  skip: noBrowser,
}, async t => {
  const opened = await openConsole(t)
  const { page, gateway, faults } = opened
  const stock = await startGateway(t, {
    ...controlled(),
    env: { WS_GATEWAY_ID: 'stock', WS_CONTROL_DIR: join(gateway.folder, 'run') },
  })
  const client = await connect(t, `${stock.url}/?user=stella`)
  const choice = page.getByRole('banner').getByLabel('Gateway')
  await eventually('both gateways', async () => (await choice.locator('option').count()) === 2)
  await opened.go('Connections')
  await choice.selectOption('stock')
  assert.match(page.url(), /#\/@stock\/connections$/)
  await page.getByRole('link', { name: 'stella', exact: true }).click()
  await page.locator('.chip').getByText('stella').waitFor()
  await page.reload()
  await page.getByRole('button', { name: /^Close / }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  assert.equal((await client.closed).code, 1000)
  await opened.titled(/^running, 0 connections · stock · Connections/)
  await opened.go('Overview')
  await opened.button('Reload listener').click()
  await opened.says('The listener is loaded anew.')
  await stock.line(line => line.event === 'listener.load')

  await opened.go('Log')
  const starts = page.getByRole('log').locator('.line', { hasText: 'the gateway listens on port' })
  await opened.has(1, starts)

  await stock.stop('SIGKILL')
  await page
    .getByRole('status')
    .getByText(/^No answer .*trying again/)
    .waitFor()
  await opened.says(/^No answer since \d+ s.*; trying again\./)
  await opened.titled(/^no answer · stock · Log/)
  await opened.isAccessible('a gateway that is away')
  const again = await startGateway(t, {
    folder: stock.folder,
    env: { WS_GATEWAY_ID: 'stock', WS_CONTROL_DIR: join(gateway.folder, 'run') },
  })
  await opened.titled(/^running, 0 connections · stock/)
  assert.equal(await page.locator('.away').isVisible(), false)
  // The log goes on, and nothing of it comes twice.
  await opened.has(2, starts)
  await opened.go('Overview')
  await again.stop()
  await choice.selectOption('')
  await opened.titled(/^running, 0 connections · websocket · Overview/)

  // It is there, and says nothing.
  gateway.child.kill('SIGSTOP')
  await opened.says(/^No answer since \d+ s/)
  gateway.child.kill('SIGCONT')
  await opened.titled(/^running/)
  assert.deepEqual(faults, [])
})

test('a tab that nobody looks at has no stream, and comes back with all of the history', {
  skip: noBrowser,
}, async t => {
  const gateway = await startGateway(t, controlled())
  const opened = await openPage(t, gateway)
  const { page } = opened
  await page.clock.install()
  await signIn(opened)
  await opened.titled(/^running, 0 connections/)
  // The gateway's first second is over, with nobody connected.
  await page.getByRole('img', { name: /open: 0 now/ }).waitFor()
  const streams: string[] = []
  page.on('request', request => {
    if (request.url().endsWith('/events')) streams.push('asked')
  })
  page.on('requestfailed', request => {
    if (request.url().endsWith('/events')) streams.push('ended')
  })
  const hide = (isHidden: boolean): Promise<unknown> =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} })
       document.dispatchEvent(new Event('visibilitychange'))`,
    )
  await hide(true)
  await page.clock.fastForward(16_000)
  await eventually('the end of the stream', () => streams.includes('ended'))
  const client = await opened.client(t, { user: 'anna' })
  await page.clock.fastForward(11_000)
  await opened.titled(/^running, 1 connection /)
  await hide(false)
  await eventually('the stream', () => streams.includes('asked'))
  await page.getByRole('img', { name: /open: 1 now, from 0 to 1\./ }).waitFor()
  await client.close()
  await page.getByRole('img', { name: /open: 0 now, from 0 to 1\./ }).waitFor()

  // The log's own stream as well, and what came meanwhile is there once.
  await opened.go('Log')
  const opens = page.locator('.line').filter({ hasText: 'client.open' })
  await opened.has(1, opens)
  const ended = page.waitForEvent('requestfailed', {
    predicate: request => request.url().includes('/logs/events'),
    // By its silence it would end as well, later.
    timeout: 20_000,
  })
  await hide(true)
  await page.clock.fastForward(16_000)
  await ended
  await opened.client(t, { user: 'ben' })
  await hide(false)
  await opened.has(2, opens)
})
