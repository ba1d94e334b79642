/** A trace of a connection and of a user. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Console } from '../console.ts'

export async function traceStep(t: TestContext, opened: Console): Promise<void> {
  const { page, gateway } = opened
  const carl = await opened.client(t, { user: 'carl' })
  const [{ id }] = (await gateway.call('GET', '/connections?user=carl')).body.connections
  const lines = page.getByRole('log').locator('.line')
  const state = page.locator('main p[role=status]')
  await opened.go('Trace')
  await state.getByText('Off. Nothing is looked at until you start it.').waitFor()
  await page.getByLabel('Id or name').fill('nobody-1')
  await opened.button('Start').click()
  await page.locator('main').getByRole('alert').getByText('no connection "nobody-1" is open').waitFor()

  await page.getByLabel('Id or name').fill(id)
  await page.getByLabel('Bytes shown of each').fill('8')
  await opened.button('Start').click()
  await state.getByText(`Tracing connection ${id}.`).waitFor()
  carl.send('<i>a long message</i>')
  await lines.getByText('<i>a lon … (21 bytes in all)').nth(1).waitFor()
  assert.deepEqual(await lines.locator('.what').allTextContents(), ['in', 'out'])
  carl.send(Buffer.from([0, 255, 16]))
  await lines.getByText('00 ff 10').nth(1).waitFor()
  await opened.button('Hexadecimal').click()
  await lines.getByText('3c 69 3e 61 20 6c 6f 6e').first().waitFor()
  assert.match(page.url(), /as=hex/)
  await opened.isAccessible('trace')
  await opened.button('Hexadecimal').click()
  // Past a thousand a second they are counted.
  for (let i = 0; i < 3000; i++) carl.send(`${i}`)
  await state.getByText(/ [\d,]+ messages not shown, since they were too many\./).waitFor()
  assert.ok((await lines.count()) <= 1000)
  await opened.button('Clear').click()
  assert.equal(await lines.count(), 0)
  await opened.button('Stop').click()
  await state.getByText('Stopped.').waitFor()

  await page.getByLabel('Whose').selectOption('user')
  await page.getByLabel('Id or name').fill('carl')
  await page.getByLabel('Seconds').fill('1')
  await opened.button('Start').click()
  await state.getByText('Ended: time is up.').waitFor()
  await page.getByLabel('Seconds').fill('60')
  await opened.button('Start').click()
  await state.getByText('Tracing user carl.').waitFor()
  const again = await opened.client(t, { user: 'carl' })
  await lines.locator('.what', { hasText: 'open' }).waitFor()
  await again.close(4005)
  await lines.getByText('4005 Application').waitFor()
  await opened.button('Stop').click()
  await carl.close()
}
