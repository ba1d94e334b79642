/** The log as it grows. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { connect } from '../../support/client.ts'
import { eventually } from '../../support/eventually.ts'
import type { Console } from '../console.ts'

export async function logStep(t: TestContext, opened: Console): Promise<void> {
  const { page } = opened
  const lines = page.getByRole('log').locator('.line')
  const field = (label: string) => page.getByRole('main').getByLabel(label, { exact: true })
  await opened.go('Log')
  await opened.says('Following')
  await lines.nth(100).waitFor()

  await field('Level').selectOption('error')
  const error = lines.filter({ hasText: 'the listener threw' }).first()
  await error.click()
  await error
    .getByText(/at .*listener\.mjs/)
    .first()
    .waitFor()
  assert.match(page.url(), /level=error/)
  await opened.isAccessible('log')
  await field('Level').selectOption('')

  await field('Event').fill('client.open')
  await field('Text').fill('dora')
  await opened.has(0, lines)
  const dora = await opened.client(t, { user: 'dora' })
  const opening = lines.filter({ hasText: 'client.open' }).filter({ hasText: 'dora' })
  if ((await opening.count()) === 0) await field('Text').fill('')
  await lines.last().waitFor()
  await field('Text').fill('')
  const [{ id }] = (await opened.gateway.call('GET', '/connections?user=dora')).body.connections
  await field('Connection').fill(id)
  await lines.getByText(`conn=${id}`).waitFor()
  await opened.has(1, lines)
  await field('Gateway').selectOption('websocket')
  await lines.getByText(`conn=${id}`).waitFor()
  await page.reload()
  await lines.getByText(`conn=${id}`).waitFor()
  assert.equal(await field('Event').inputValue(), 'client.open')
  assert.equal(await field('Gateway').inputValue(), 'websocket')

  // A line that somebody has made very long leaves room for others, and is whole behind a click.
  await field('Connection').fill('')
  const wordy = await connect(t, `${opened.gateway.url}/${'long'.repeat(2000)}`)
  const long = lines.filter({ hasText: 'longlong' })
  await long.waitFor()
  const height = async () => (await long.boundingBox())?.height ?? 0
  const shut = await height()
  assert.ok(shut < 200, `${shut} pixels`)
  await long.click()
  await eventually('all of it', async () => (await height()) > 300)
  await wordy.close()

  await field('Connection').fill(id)
  await field('Event').fill('client.close')
  await opened.has(0, lines)
  await opened.button('Follow').click()
  await opened.says('Not following')
  await dora.close()
  assert.equal(await lines.count(), 0)
  await opened.button('Follow').click()
  await lines.getByText(`conn=${id}`).waitFor()
  await opened.button('Clear').click()
  assert.equal(await lines.count(), 0)

  // However much is logged, so many lines are kept.
  await field('Connection').fill('')
  await field('Event').fill('push')
  await lines.filter({ hasText: 'recipients=5001' }).waitFor()
  for (let i = 0; i < 12; i++) {
    const pushes = Array.from({ length: 100 }, () => opened.gateway.push({ message: i, connections: [] }))
    await Promise.all(pushes)
  }
  await opened.has(1000, lines)
  assert.equal(await lines.last().isVisible(), true)
}
