/** A real Chromium, what is wrong with a page in it, and whom the page asks. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import type axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { missing } from './needs.ts'

const CHROMIUM = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

/** Why a test with a browser is skipped, or false: `test('…', { skip: noBrowser }, …)`. */
export const noBrowser = missing(CHROMIUM, 'chromium')

/**
 * Starts Chromium; it is closed when the test ends.
 * @param args further words of its command line
 */
export async function launchBrowser(t: TestContext, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...args] })
  t.after(() => browser.close())
  return browser
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/**
 * What axe-core finds wrong with the page as it is now, a line for each; none when all is well. Its script gets in
 * through the debugger, so that the page's own Content-Security-Policy stays in force.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(readFileSync(axeFile, 'utf8'))
  }
  const { violations } = await page.evaluate(async () => {
    // The script above has made it.
    const { axe: checker } = globalThis as unknown as { axe: typeof axe }
    return checker.run({ resultTypes: ['violations'] })
  })
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`),
  )
}

/**
 * What goes wrong in a page from now on, as it comes: errors in its console (a breach of its Content-Security-Policy is
 * one), exceptions, and requests to another host than its own. Call it before the page is opened.
 * @param host the only host that it may ask, such as `127.0.0.1:10125`
 * @param expected errors that a test brings about itself, such as a handshake that is refused
 */
export function faultsOf(page: Page, host: string, expected?: RegExp): string[] {
  const faults: string[] = []
  const note = (what: string): void => {
    if (expected === undefined || !expected.test(what)) faults.push(what)
  }
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') note(`console: ${message.text()}`)
  })
  page.on('pageerror', error => note(`exception: ${error.message}`))
  const asked = (url: string): void => {
    if (!/^(data|blob|about):/.test(url) && new URL(url).host !== host) note(`request: ${url}`)
  }
  page.on('request', request => asked(request.url()))
  page.on('websocket', socket => asked(socket.url()))
  return faults
}

/** By how many CSS pixels the page is wider than its window; 0 when nobody has to scroll sideways. */
export function sidewaysOverflow(page: Page): Promise<number> {
  // A text, since the tests are checked without the types of the DOM.
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
