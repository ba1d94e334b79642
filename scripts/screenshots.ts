/**
 * `npm run screenshots`: the pictures in docs/images, taken by Chromium from real gateways with some traffic, and from
 * what the command really prints. It takes about two minutes; nothing of it is made up but the crowd.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { cleanEnvironment, cliFile } from '../test/support/gateway.ts'
import { openPage, Pictures, startBrowser } from './screenshots/browser.ts'
import { type Gateways, startGateways, TOKEN } from './screenshots/gateways.ts'
import { type Printed, terminalPage } from './screenshots/terminal.ts'
import { Traffic } from './screenshots/traffic.ts'

/** In milliseconds: the plots of a minute have a whole history then. */
const HISTORY = 62_000
const AT_MOST = 600_000
const PAGE = [1200, 876] as const
const CONSOLE = [1200, 712] as const
/** For a list, of which a part is enough. */
const LIST = { width: 1100, height: 500 }
const PHONE = [390, 800] as const
/** The pictures of a terminal: their widths in characters, and what is typed. */
const TERMINALS: readonly (readonly [name: string, columns: number, commands: readonly string[]])[] = [
  [
    'terminal',
    138,
    ['gateway push "lunch is ready" --group kitchen', 'gateway logs -n 7', 'gateway top --once -n 10'],
  ],
  ['terminal-status', 112, ['gateway status']],
]
/** Nothing is there that changes under a pointer. */
const ASIDE = [2, 2] as const

const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
const pictures = new Pictures()
let browser: Browser | undefined
let gateways: Gateways | undefined
let traffic: Traffic | undefined
try {
  gateways = await startGateways(folder)
  const began = Date.now()
  traffic = new Traffic(gateways)
  traffic.start(AT_MOST)
  browser = await startBrowser(folder)
  await firstPage(browser, gateways)
  await wait(Math.max(0, began + HISTORY - Date.now()))
  await consoleViews(browser, gateways, traffic)
  await terminal(browser, gateways)
} finally {
  await browser?.close()
  await traffic?.stop()
  await gateways?.stop()
  rmSync(folder, { recursive: true, force: true })
}
pictures.save()

/** Somebody tries the gateway out, in light, in dark, and on a phone. */
async function firstPage(browser: Browser, { main, call }: Gateways): Promise<void> {
  const page = await openPage(browser, PAGE)
  await page.goto(`http://localhost:${main.port}/`)
  await tryOut(page, call)
  await page.mouse.move(...ASIDE)
  await pictures.take(page, 'first-page')
  await page.emulateMedia({ colorScheme: 'dark' })
  await pictures.take(page, 'first-page-dark')
  await page.context().close()
  const phone = await openPage(browser, PHONE, { isMobile: true, hasTouch: true })
  await phone.goto(`http://localhost:${main.port}/`)
  await tryOut(phone, call)
  await pictures.take(phone, 'first-page-phone')
  await phone.context().close()
}

async function tryOut(page: Page, call: Gateways['call']): Promise<void> {
  const entry = (text: string) => page.locator('#entries li').getByText(text).last().waitFor()
  await page.locator('#connect').click()
  await page.locator('#state[data-state=open]').waitFor()
  const id = await page.locator('#id').textContent()
  const send = async (text: string, answer: string): Promise<void> => {
    await wait(900)
    await page.locator('#message').fill(text)
    await page.locator('#message').press('Enter')
    await entry(answer)
  }
  const push = async (message: unknown): Promise<void> => {
    await wait(1300)
    await call('POST', '/push', { message, connections: [id] })
    await entry(typeof message === 'string' ? message : JSON.stringify(message))
  }
  await entry('welcome')
  await send('hello, everybody', 'hello, everybody')
  await push('order 4711 is paid')
  await send('/roll 20', '"dice"')
  await push({ price: 42.5, currency: 'EUR' })
  await send('{"offer": 41.75}', '"offer"')
  await push('order 4712 is paid')
  await page.locator('#message').fill('and now from my own page')
  await page.evaluate('scrollTo(0, 0)')
}

async function consoleViews(browser: Browser, { controlPort }: Gateways, traffic: Traffic): Promise<void> {
  const page = await openPage(browser, CONSOLE)
  const address = `http://localhost:${controlPort}/`
  await page.goto(address)
  await page.getByLabel('Control token').fill(TOKEN)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.mouse.move(...ASIDE)
  const view = async (name: string, to: string): Promise<void> => {
    await page.goto(`${address}#/${to}`)
    await page.getByRole('heading', { level: 1, name }).waitFor()
  }
  await view('Overview', 'overview?minutes=1')
  await page.locator('.switcher option', { hasText: 'ticker' }).waitFor({ state: 'attached' })
  await page.locator('.plot canvas').nth(5).waitFor()
  // Two samples on, nothing is left of the page's own start.
  await wait(2500)
  await pictures.take(page, 'console')
  await page.emulateMedia({ colorScheme: 'dark' })
  await wait(1500)
  await pictures.take(page, 'console-dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(LIST)
  await view('Connections', 'connections')
  await page.locator('tbody tr').nth(30).waitFor()
  await pictures.take(page, 'console-connections')
  await view('Trace', 'trace?user=mia.sommer')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.mouse.move(...ASIDE)
  await page.getByText('Tracing user mia.sommer.').waitFor()
  await traffic.talk()
  await page.locator('.line.trace.close').waitFor()
  await pictures.take(page, 'console-trace')
  await page.context().close()
}

async function terminal(browser: Browser, { folder }: Gateways): Promise<void> {
  const page = await openPage(browser, PAGE)
  for (const [name, columns, commands] of TERMINALS) {
    const printed: Printed[] = []
    for (const command of commands) printed.push({ command, output: await run(folder, command) })
    await page.setContent(terminalPage('docker exec -it gateway sh', columns, printed))
    await pictures.take(page.locator('#terminal'), name)
  }
  await page.context().close()
}

/** What a command prints, in colour. @throws Error when it fails */
async function run(cwd: string, command: string): Promise<string> {
  const [, ...words] = [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
  const env = cleanEnvironment({ WS_GATEWAY_ID: 'chat', FORCE_COLOR: '1' })
  const child = spawn(process.execPath, [cliFile, ...words], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output}`)
  return output
}
