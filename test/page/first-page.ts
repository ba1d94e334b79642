/** The first page as a test drives it. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { axeViolations } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'

/** The host and port that a browser asks. */
export const host = (gateway: GatewayProcess): string => `127.0.0.1:${gateway.port}`

/** What an element says. */
export const text = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).textContent()) ?? ''

/** What stands in the log, a line for each entry, without its time. */
export function entries(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('#entries li')].map(item =>
    [...item.children].slice(1).map(part => part.textContent).join(' ').replaceAll('\\n', ' ').trim())`)
}

/** Waits for an entry, and gives all. */
export function entry(page: Page, pattern: RegExp): Promise<string[]> {
  return eventually(`${pattern}`, async () => {
    const all = await entries(page)
    return all.some(line => pattern.test(line)) && all
  })
}

/** Connects by the button. */
export async function connect(page: Page): Promise<void> {
  await page.click('#connect')
  await page.locator('#state[data-state=open]').waitFor()
}

/** axe-core has nothing to say, in both schemes of colours, also of the button under the pointer. */
export async function noViolations(page: Page): Promise<void> {
  const [pressable] = await page.locator('button.main:enabled').all()
  await pressable?.hover()
  // A text that has its ground's colour is none of axe-core's violations.
  const unseen = await page.evaluate<string[]>(`[...document.querySelectorAll('button')]
    .filter(one => getComputedStyle(one).color === getComputedStyle(one).backgroundColor)
    .map(one => one.id || one.textContent)`)
  assert.deepEqual(unseen, [])
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    assert.deepEqual(await axeViolations(page), [], colorScheme)
  }
}
