/** Every control of the console, with 5,000 connections open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noBrowser } from '../support/browser.ts'
import { crowd, HOSTILE, openConsole } from './console.ts'
import { connectionsStep } from './steps/connections.ts'
import { groupsStep } from './steps/groups.ts'
import { lifeStep } from './steps/life.ts'
import { logStep } from './steps/log.ts'
import { overviewStep } from './steps/overview.ts'
import { pushStep } from './steps/push.ts'
import { traceStep } from './steps/trace.ts'
import { untouched } from './touches.ts'

export const CROWD = 5000

test('the console: every control, with 5,000 connections open', {
  skip: noBrowser,
  timeout: 240_000,
}, async t => {
  const opened = await openConsole(t)
  const { page, faults, gateway } = opened
  await crowd(t, gateway, CROWD, i => {
    const user = i === 7 ? HOSTILE : `user-${i}`
    const crowded = i < 150 ? '&group=crowd' : ''
    return `${new URLSearchParams({ user, group: i === 7 ? HOSTILE : `group-${i % 250}` })}${crowded}`
  })
  const steps = { overviewStep, connectionsStep, groupsStep, pushStep, traceStep, logStep, lifeStep }
  for (const [name, step] of Object.entries(steps)) {
    await step(t, opened)
    assert.deepEqual(faults, [], name)
    assert.doesNotMatch(await page.title(), /taken over/, name)
  }
  await page.getByRole('banner').getByLabel('Gateway').selectOption('')
  await opened.button('Sign out').click()
  await opened.says('You are signed out.')
  await page.getByLabel('Control token').fill('')
  await opened.button('Sign in').click()
  await opened.isAccessible('sign-in')
  assert.deepEqual(await untouched(page), [], 'controls that no step has used')
})
