/** The connections: pages, search, the row's actions. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { type Console, HOSTILE } from '../console.ts'

export async function connectionsStep(t: TestContext, opened: Console): Promise<void> {
  const { page } = opened
  const rows = page.locator('tbody tr')
  const search = page.getByLabel('Search')
  await opened.go('Connections')
  await opened.says('Page 1: 100 shown, 5,000 open')
  assert.equal(await rows.count(), 100)
  // What can be done with a connection needs no scrolling, however narrow the window is.
  await page.setViewportSize({ width: 800, height: 800 })
  const box = await page
    .getByRole('button', { name: /^Close / })
    .first()
    .boundingBox()
  assert.ok(box !== null && box.x + box.width < 800, JSON.stringify(box))
  await page.setViewportSize({ width: 1280, height: 800 })

  const first = await rows.first().textContent()
  await page.evaluate(`{
    globalThis.lives = []
    const where = document.querySelector('.pager [role=status]')
    new MutationObserver(() => lives.push(where.ariaLive)).observe(where, { attributeFilter: ['aria-live'] })
  }`)
  await opened.button('Next').click()
  await opened.says('Page 2: 100 shown')
  // Read out once, though it is shown anew every other second.
  await eventually('once', () => page.evaluate(`/polite(,off)+$/.test(lives)`))
  assert.match(page.url(), /after=/)
  const second = await rows.first().locator('td').first().textContent()
  await page.reload()
  await rows.first().getByText(`${second}`).waitFor()
  await opened.button('Previous').click()
  await opened.says('Page 1: 100 shown')
  assert.equal((await rows.first().textContent())?.slice(0, 12), first?.slice(0, 12))

  await search.fill('USER-4321')
  await opened.says('Page 1: 1 shown')
  assert.equal(await rows.locator('td').nth(1).textContent(), 'user-4321')
  assert.equal(await rows.locator('td').nth(2).textContent(), 'group-71')
  assert.match(page.url(), /search=USER-4321/)
  await search.fill('onerror')
  await rows.getByText(HOSTILE).first().waitFor()
  assert.equal(await page.locator('main img').count(), 0)
  // Here with few rows: a hundred like them take axe-core a hundred times as long.
  await opened.isAccessible('connections')

  await search.fill('late')
  await opened.says('No connection.')
  await opened.button('Pause').click()
  const client = await opened.client(t, { user: 'late', group: 'cats' })
  assert.equal(await opened.button('Pause').getAttribute('aria-pressed'), 'true')
  assert.equal(await rows.count(), 0)
  await opened.button('Pause').click()
  await rows.getByRole('link', { name: 'late', exact: true }).click()
  await page.locator('.chip').getByText('late').waitFor()
  await page.getByRole('link', { name: 'Not only user late' }).click()
  await opened.says('Page 1: 100 shown')

  await search.fill('late')
  await opened.says('Page 1: 1 shown')
  const close = page.getByRole('button', { name: /^Close / })
  const dialog = page.getByRole('dialog')
  await close.click()
  await opened.isAccessible('the dialog of a close')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  // By keyboard: in, out again, and back where it began.
  await close.focus()
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  assert.equal(await page.evaluate('document.activeElement.type'), 'number')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.match(await page.evaluate<string>('document.activeElement.ariaLabel'), /^Close /)
  await close.click()
  await dialog.getByLabel('Code').fill('1005')
  await dialog.getByText('No code').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('alert').getByText('close code 1005 cannot be sent').waitFor()
  await close.click()
  await dialog.getByLabel('Code').fill('4001')
  await dialog.getByLabel('Reason').fill('enough')
  await dialog.getByRole('button', { name: 'Close' }).click()
  assert.deepEqual(await client.closed, { code: 4001, reason: 'enough' })
  await page
    .getByRole('status')
    .getByText(/Closed connection .* with code 4001/)
    .waitFor()
  await opened.button('Dismiss').click()
  await opened.says('No connection.')

  await search.fill('user-99')
  await opened.says('Page 1: 11 shown')
  await page
    .getByRole('link', { name: /^Trace / })
    .first()
    .click()
  await opened.heading('Trace').waitFor()
  assert.match(await page.getByLabel('Id or name').inputValue(), /^\w+-\w+$/)
}
