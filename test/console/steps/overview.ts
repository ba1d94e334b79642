/** The overview: numbers, plots, the listener and its faults. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Console, listener } from '../console.ts'

export async function overviewStep(t: TestContext, opened: Console): Promise<void> {
  const { page, gateway } = opened
  await opened.go('Overview')
  await opened.titled(/^running, 5,000 connections · websocket/)
  await opened.says('Health: all is well.')
  assert.equal(await page.locator('dt:text-is("Users") + dd').textContent(), '5,000')
  const plots = page.getByRole('img')
  assert.equal(await plots.count(), 6)
  for (const minutes of ['1', '10', '5']) {
    await opened.button(`${minutes} min`).click()
    assert.equal(await opened.button(`${minutes} min`).getAttribute('aria-pressed'), 'true')
    await page.getByRole('img', { name: `Connections over the last ${minutes} min.` }).waitFor()
    if (minutes === '10') assert.match(page.url(), /#\/overview\?minutes=10$/)
  }
  await page.getByRole('img', { name: /open: 5,000 now, from [\d,]+ to 5,000/ }).waitFor()
  assert.ok((await page.evaluate<number>(DRAWN)) > 1000, 'the plot has a line')
  await plots.first().hover()
  await opened.isAccessible('overview')

  await opened.button('Reload listener').click()
  await opened.says('The listener is loaded anew.')
  await opened.button('Dismiss').click()
  await page.getByText('Generation2').waitFor()

  const client = await opened.client(t, { user: 'thrower' })
  client.send('throw')
  const last = page.locator('.fault', { hasText: 'Last fault' })
  await last.getByText('the listener threw').first().waitFor()
  await last.getByText('Stack').click()
  await last.getByText(/onMessage .*listener\.mjs:9/).waitFor()
  await opened.isAccessible('overview with a fault')

  const file = join(gateway.folder, 'listener', 'listener.mjs')
  writeFileSync(file, 'export const onMessage = {{{')
  await opened.says('The newest version is not in use')
  await opened.button('Reload listener').click()
  await page
    .getByRole('alert')
    .getByText(/reload: .*listener\.mjs/)
    .waitFor()
  await page.locator('.fault', { hasText: 'The newest version' }).getByText('Stack').click()
  writeFileSync(file, listener)
  await page.getByText('The newest version is not in use').waitFor({ state: 'hidden' })
  await client.close()
}

/** How many pixels of the first plot are not blank. */
const DRAWN = `(() => {
  const canvas = document.querySelector('.plot canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let drawn = 0
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn++
  return drawn
})()`
