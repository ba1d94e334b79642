/** The push form. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Console } from '../console.ts'

export async function pushStep(t: TestContext, opened: Console): Promise<void> {
  const { page, gateway } = opened
  const anna = await opened.client(t, { user: 'anna', group: 'cats' })
  const [{ id }] = (await gateway.call('GET', '/connections?user=anna')).body.connections
  await opened.go('Push')
  const message = page.getByLabel('What is sent')
  const push = opened.button('Push')
  const fault = page.locator('form').getByRole('alert')
  await message.fill('to <b>all</b>')
  await push.click()
  await opened.says('Pushed to 5,001 connections')
  await page.getByLabel('The answer as it came').getByText('"recipients": 5001').waitFor()
  assert.equal((await anna.messages(1))[0], 'to <b>all</b>')

  await page.getByLabel('JSON', { exact: true }).check()
  await message.fill('{"price": }')
  await push.click()
  await fault.getByText('The message: this is no JSON').waitFor()
  await message.fill('{"price": 42}')
  await page.getByLabel('These alone').check()
  await push.click()
  await fault.getByText('Name a connection, a group or a user').waitFor()
  await opened.isAccessible('push')
  await page.getByLabel('Users, one a line').fill('anna')
  await message.press('Control+Enter')
  await opened.says('Pushed to 1 connection ')
  assert.equal((await anna.messages(2))[1], '{"price":42}')

  await page.getByLabel('Users, one a line').fill('')
  await page.getByLabel('Connections, one id a line', { exact: true }).fill(`${id}\nnobody`)
  await page.getByLabel('Binary, as base64').check()
  await message.fill('/wD/')
  await push.click()
  assert.deepEqual((await anna.messages(3))[2], Buffer.from([255, 0, 255]))
  await message.fill('no base64!')
  await push.click()
  await fault.getByText(/base64/).waitFor()

  await page.getByLabel('Connections, one id a line', { exact: true }).fill('')
  await page.getByLabel('Groups, one a line').fill('cats\ngroup-1')
  await page.getByLabel('Except these connections').fill(id)
  await page.getByLabel('Text', { exact: true }).check()
  await page.getByText('Further keys for the listener').click()
  const more = page.getByLabel('A JSON object; onMessage finds them in data')
  await more.fill('["no object"]')
  await push.click()
  await fault.getByText('Further keys are a JSON object').waitFor()
  await more.fill('{"aside": " and more"}')
  await message.fill('hello')
  await push.click()
  await opened.says('Pushed to 20 connections')
  await page.getByLabel('Except these connections').fill('')
  await push.click()
  assert.equal((await anna.messages(4))[3], 'hello and more')

  await message.fill('throw')
  await page.getByLabel('Everyone').check()
  await more.fill('')
  await push.click()
  await fault.getByText('the listener threw').waitFor()
  await anna.close()
}
