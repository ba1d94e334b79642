/** The samples in a real Chromium, in several windows, as their first lines say. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { decodeJwt } from 'jose'
import type { Browser, Page } from 'playwright-core'
import { gatewayAction, sendGatewayMessage } from '../../src/client.ts'
import { axeViolations, launchBrowser, noBrowser } from '../support/browser.ts'
import { connect, refusal } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { root } from '../support/gateway.ts'
import { startSamples } from './stage.ts'

const NAMES = ['chat', 'rooms', 'dashboard', 'notifications', 'ticker'] as const

/** What would be an image with a script, if a page took it for HTML. */
const MARKUP = '<img src=x onerror="document.title=1">'

test('each sample is under 60 lines: what decides and pushes, and likewise the page', () => {
  const lines = (file: string): number => {
    const path = join(root, file)
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').length : 0
  }
  for (const name of NAMES) {
    const code = lines(`listener/examples/${name}.ts`) + lines(`samples/${name}/app.mjs`)
    assert.ok(code > 0 && code < 60, `${name}: ${code} lines of listener and application`)
    const page = lines(`samples/${name}/page.html`)
    assert.ok(page > 0 && page < 60, `${name}: ${page} lines of the page`)
  }
})

suite('the samples in Chromium', { skip: noBrowser }, () => {
  test('all of them', async t => {
    const samples = await startSamples(t, NAMES)
    const browser = await launchBrowser(t)
    const { url, gateways, controlDir } = samples

    await t.test('the first page has a link to each, and all are fit for everyone', async t => {
      const page = await open(t, browser, url)
      const links = page.getByRole('link')
      assert.deepEqual(await links.allTextContents(), [...NAMES])
      assert.deepEqual(await axeViolations(page), [])
      for (const name of NAMES) {
        await page.goto(url)
        await page.getByRole('link', { name }).click()
        await page.waitForURL(`${url}/${name}`)
        assert.deepEqual(await axeViolations(page), [], name)
      }
    })

    await t.test('chat: everyone else gets it, and a newcomer the last lines', async t => {
      const [anna, ben] = [await open(t, browser, `${url}/chat`), await open(t, browser, `${url}/chat`)]
      for (const [page, name] of [
        [anna, 'Anna'],
        [ben, 'Ben'],
      ] as const) {
        await fill(page, 'Name', name)
        await click(page, 'Enter')
        await line(page, 'you have entered')
      }
      await say(anna, MARKUP)
      await line(ben, `Anna: ${MARKUP}`)
      await say(ben, 'hello, Anna')
      await line(anna, 'Ben: hello, Anna')
      await sendGatewayMessage('chat', { message: 'supper is ready' }, { controlDir })
      await line(anna, 'the house: supper is ready')
      await line(ben, 'the house: supper is ready')
      assert.deepEqual(await lines(anna), [
        'you have entered',
        `you: ${MARKUP}`,
        'Ben: hello, Anna',
        'the house: supper is ready',
      ])
      const carl = await connect(t, `${gateways.chat.url}/?name=Carl`)
      assert.equal((await carl.messages(3)).length, 3)
      assert.equal(carl.got[2], '{"from":"the house","text":"supper is ready"}')
    })

    await t.test('rooms: what is said stays there, and everyone sees who is there', async t => {
      const enter = async (name: string, room: string) => {
        const page = await open(t, browser, `${url}/rooms`)
        await fill(page, 'Name', name)
        await fill(page, 'Room', room)
        await click(page, 'Enter')
        await page.getByRole('heading', { name: room, exact: true }).waitFor()
        return page
      }
      const present = (page: Page, names: string) =>
        page.getByText(`Here: ${names}`, { exact: true }).waitFor()
      const anna = await enter('Anna', 'cats')
      await present(anna, 'Anna')
      const ben = await enter(MARKUP, 'cats')
      await present(anna, `Anna, ${MARKUP}`)
      await present(ben, `Anna, ${MARKUP}`)
      const again = await enter('Anna', 'cats')
      await present(again, `Anna, ${MARKUP}`)
      const dora = await enter('Dora', 'dogs')
      await present(dora, 'Dora')
      await say(anna, 'miaow')
      for (const page of [anna, ben, again]) await line(page, 'Anna: miaow')
      await sendGatewayMessage('rooms', { message: 'supper', groups: ['cats'] }, { controlDir })
      for (const page of [anna, ben, again]) await line(page, 'the house: supper')
      await ben.close()
      await present(anna, 'Anna')
      await say(dora, 'wuff')
      await line(dora, 'Dora: wuff')
      assert.deepEqual(await lines(dora), ['Dora: wuff'])
      assert.deepEqual(await lines(again), ['Anna: miaow', 'the house: supper'])
      assert.equal((await refusal(gateways.rooms.url)).status, 400)
    })

    await t.test('dashboard: figures each second, the last minute for a newcomer', async t => {
      const early = await open(t, browser, `${url}/dashboard`)
      const count = (page: Page) =>
        page.locator('polyline.cpu').evaluate(plot => plot.getAttribute('points')?.split(' ').length ?? 0)
      await early.getByText('live', { exact: true }).waitFor()
      const before = await count(early)
      await early.waitForFunction(
        `document.querySelector('polyline.cpu').getAttribute('points')?.split(' ').length > ${before + 1}`,
      )
      const text = await early.getByText('In the last minute').textContent()
      assert.match(String(text), /processors \(a line\) \d+ %, and memory \(dashes\)\s+\d+ %/)
      const late = await connect(t, gateways.dashboard.url)
      const history = JSON.parse(String((await late.messages(1))[0]))
      assert.ok(history.length >= 2)
      assert.deepEqual(Object.keys(history[0]), ['time', 'cpu', 'memory'])
      late.send('{"cpu":1000}')
      await late.messages(2)
      assert.ok(!late.got.includes('{"cpu":1000}'))
    })

    await t.test('notifications: to all windows of one user, and to nobody else', async t => {
      const context = await browser.newContext()
      t.after(() => context.close())
      const enter = async (user: string) => {
        const page = await context.newPage()
        await page.goto(`${url}/notifications`)
        await fill(page, 'I am', user)
        await click(page, 'Log in')
        await line(page, 'logged in')
        return page
      }
      const [anna, too, ben] = [await enter('anna'), await enter('anna'), await enter('ben')]
      await fill(ben, 'To', 'anna')
      await fill(ben, 'Text', MARKUP)
      await click(ben, 'Notify')
      await line(ben, "sent to 2 of that user's windows")
      for (const page of [anna, too]) await line(page, MARKUP)
      await sendGatewayMessage(
        'notifications',
        { message: { text: 'hello' }, users: ['ben'] },
        { controlDir },
      )
      await line(ben, 'hello')
      // As the listener's first lines say: gateway push 'your parcel is here' --user ben
      await sendGatewayMessage(
        'notifications',
        { message: 'your parcel is here', users: ['ben'] },
        { controlDir },
      )
      await line(ben, 'your parcel is here')
      assert.deepEqual(await lines(anna), ['logged in', MARKUP])
      assert.equal((await refusal(gateways.notifications.url)).status, 401)
      const elsewhere = await fetch(`${url}/notifications/notify`, { method: 'POST', body: '{}' })
      assert.equal(elsewhere.status, 415)
      assert.equal(await splitLogin(`${url}/notifications/login`, 'Zoë'), 'Zoë')
    })

    await t.test('ticker: each gets the stocks that it wants, the last price at once', async t => {
      const page = await open(t, browser, `${url}/ticker`)
      const cell = (text: string) => page.getByRole('cell', { name: text, exact: true })
      const push = (stock: string, message: number) =>
        sendGatewayMessage('ticker', { stock, message }, { controlDir })
      await page.getByText('live', { exact: true }).waitFor()
      await push('ACME', 1000)
      await cell('ACME').waitFor()
      await push('UMBRA', 5000)
      assert.equal(await cell('UMBRA').count(), 0)
      await page.getByLabel('UMBRA').check()
      await cell('UMBRA').waitFor()
      await page.getByLabel('ACME').uncheck()
      await cell('ACME').waitFor({ state: 'detached' })
      const client = await connect(t, gateways.ticker.url)
      client.send('acme, please')
      assert.match(String((await client.messages(1))[0]), /^\{"error":"send the stocks/)
      client.send('["ACME"]')
      assert.match(String((await client.messages(2))[1]), /^\{"stock":"ACME","price":/)
      await push('UMBRA', 6000)
      await push('ACME', 2000)
      await eventually('the new price', () => client.got.includes('{"stock":"ACME","price":2000}'))
      assert.ok(!client.got.some(price => String(price).includes('UMBRA')))
    })

    await t.test('the pages come back after a restart of the gateway', async t => {
      const rooms = await open(t, browser, `${url}/rooms`)
      await fill(rooms, 'Name', 'Emil')
      await click(rooms, 'Enter')
      const present = rooms.getByText('Here: Emil', { exact: true })
      await present.waitFor()
      const ticker = await open(t, browser, `${url}/ticker`)
      await ticker.getByRole('cell').first().waitFor()
      for (const [name, back] of [
        ['rooms', present],
        ['ticker', ticker.getByText('live', { exact: true })],
      ] as const) {
        const from = gateways[name].lines.length
        await gatewayAction(name, 'restart', { controlDir })
        // Until then the page may not know of it, and show what it did before.
        await gateways[name].event('client.open', from)
        await back.waitFor()
      }
      await say(rooms, 'here again')
      await line(rooms, 'Emil: here again')
      await ticker.getByRole('cell').first().waitFor()
      const client = await connect(t, `${gateways.rooms.url}/?name=Fritz`)
      await client.messages(2)
      assert.equal(client.got[0], '{"room":"lobby","here":["Emil","Fritz"]}')
    })

    // The one that the ticker was sent above.
    await gateways.ticker.event('listener.error')
    for (const [name, { lines: log }] of Object.entries(gateways)) {
      const faults = log.filter(one => one.event === 'listener.error')
      assert.equal(faults.length, name === 'ticker' ? 1 : 0, `${name}: ${JSON.stringify(faults)}`)
    }
  })
})

/** A window of its own, without anything that another one has stored. An exception in its script fails the test. */
async function open(t: TestContext, browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  t.after(async () => {
    await page.close()
    assert.deepEqual(faults, [])
  })
  await page.goto(url)
  return page
}

const fill = (page: Page, label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text)

const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** Waits for a line, which is a text and no HTML. */
const line = (page: Page, text: string) =>
  page.getByRole('listitem').getByText(text, { exact: true }).first().waitFor()

const lines = (page: Page) => page.getByRole('listitem').allTextContents()

async function say(page: Page, text: string): Promise<void> {
  await fill(page, 'Message', text)
  await click(page, 'Send')
}

/** Logs in by a request that is torn within a character. @returns whose token has come */
async function splitLogin(url: string, user: string): Promise<string> {
  const asked = request(url, { method: 'POST', headers: { 'Content-Type': 'application/json' } })
  const body = Buffer.from(JSON.stringify({ user }))
  const within = body.length - 3
  asked.write(body.subarray(0, within))
  setImmediate(() => asked.end(body.subarray(within)))
  const [response] = await once(asked, 'response')
  const { token } = JSON.parse(String(await response.reduce((all: string, chunk: Buffer) => all + chunk, '')))
  return decodeJwt(token).sub ?? ''
}
