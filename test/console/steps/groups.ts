/** Groups, and who is present. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Console, HOSTILE } from '../console.ts'

export async function groupsStep(t: TestContext, opened: Console): Promise<void> {
  const { page } = opened
  const rows = page.locator('tbody tr')
  const ben = await opened.client(t, { user: 'ben', group: 'aaa cats/é', info: '{"since":"<b>today</b>"}' })
  await opened.go('Groups')
  await opened.says('Page 1: 100 groups')
  await page.getByRole('link', { name: HOSTILE, exact: true }).waitFor()
  await opened.isAccessible('groups')
  await opened.button('Next').click()
  await opened.says('Page 2: 100 groups')
  await opened.button('Previous').click()
  await opened.says('Page 1: 100 groups')
  await rows.filter({ hasText: 'aaa cats/é' }).getByRole('link', { name: '1' }).click()
  await page.locator('.chip').getByText('aaa cats/é').waitFor()
  await opened.says('Page 1: 1 shown')

  await opened.go('Groups')
  await page.getByRole('link', { name: 'Push to aaa cats/é' }).click()
  await opened.heading('Push').waitFor()
  assert.equal(await page.getByLabel('Groups, one a line').inputValue(), 'aaa cats/é')

  await opened.go('Groups')
  await page.getByRole('link', { name: 'aaa cats/é', exact: true }).click()
  await opened.heading('Group aaa cats/é').waitFor()
  await opened.says('Page 1: 1 user, 1 connection')
  assert.equal(await rows.locator('td').nth(1).textContent(), '{"since":"<b>today</b>"}')
  await opened.isAccessible('members')
  await page.getByRole('link', { name: 'All groups' }).click()
  await opened.heading('Groups').waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Its connections' }).click()
  await opened.says('Page 1: 1 shown')
  await page.goBack()
  await page.getByRole('link', { name: 'ben', exact: true }).click()
  await page.locator('.chip').getByText('ben').waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Trace ben' }).click()
  assert.equal(await page.getByLabel('Whose').inputValue(), 'user')
  await page.goBack()
  await page.getByRole('link', { name: 'Push to ben' }).click()
  assert.equal(await page.getByLabel('Users, one a line').inputValue(), 'ben')
  await page.goBack()
  await page.getByRole('button', { name: 'Close ben' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('bye')
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  assert.deepEqual(await ben.closed, { code: 1000, reason: 'bye' })
  await opened.says('Closed all connections of ben with code 1000 (1 connection).')
  await opened.says('No user is in this group.')
}
