/** Stop, start and restart, which end the connections of the steps before. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Console } from '../console.ts'

export async function lifeStep(_: TestContext, opened: Console): Promise<void> {
  const { page } = opened
  const dialog = page.getByRole('dialog')
  const closes = page.getByRole('region', { name: 'How connections have closed' }).locator('tbody tr')
  await opened.go('Overview')
  await opened.titled(/^running, 5,000 connections/)
  await opened.button('Restart').click()
  await dialog.getByText('5,000 connections open now.').waitFor()
  await opened.isAccessible('the question before a restart')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await opened.button('Restart').click()
  await dialog.getByRole('button', { name: 'Restart' }).click()
  await opened.says('The gateway is restarted.')
  await closes.filter({ hasText: '1012' }).getByText('5,000').waitFor()

  assert.ok(await opened.button('Start').isDisabled())
  await opened.button('Stop').click()
  // What cannot be undone has no thoughtless Enter.
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await opened.button('Stop').click()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await opened.says('The gateway is stopped.')
  await opened.titled(/^stopped/)
  await opened.button('Reload listener').click()
  await page.getByRole('alert').getByText('the gateway is stopped').waitFor()
  await opened.isAccessible('a gateway that is stopped')
  await opened.button('Start').click()
  await opened.says('The gateway is started.')
  await opened.titled(/^running, 0 connections/)
}
