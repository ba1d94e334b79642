/** The first page on a phone, by the keyboard alone, under a flood; and its snippets in other pages. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { faultsOf, launchBrowser, noBrowser, sidewaysOverflow } from '../support/browser.ts'
import { cli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { callSocket, startGateway } from '../support/gateway.ts'
import { connect, entries, entry, host, noViolations, text } from './first-page.ts'

test('the page in use', { skip: noBrowser }, async t => {
  const gateway = await startGateway(t)
  const browser = await launchBrowser(t)
  const url = `http://${host(gateway)}/`

  await t.test('on a phone nobody has to scroll sideways, and what sends is on the screen', async () => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 640 },
      hasTouch: true,
      isMobile: true,
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    const faults = faultsOf(page, host(gateway))
    await page.goto(url)
    assert.equal(await sidewaysOverflow(page), 0)
    await page.tap('#connect')
    await page.locator('#state[data-state=open]').waitFor()
    await page.evaluate('scrollTo(0, 0)')
    const send = await page.locator('#send').boundingBox()
    assert.ok(send !== null && send.y + send.height <= 640, JSON.stringify(send))
    await page.tap('#disconnect')
    await page.locator('#state[data-state=closed]').waitFor()
    await page.tap('#more summary')
    await page.tap('#codes summary')
    await page.fill('#url', `${gateway.url}/${'long'.repeat(100)}`)
    await page.fill('#protocols', 'x'.repeat(200))
    assert.equal(await sidewaysOverflow(page), 0)
    await page.fill('#protocols', '')
    await page.tap('#connect')
    await page.locator('#state[data-state=open]').waitFor()
    await page.fill('#message', `${'w'.repeat(500)} {"a":"${'b'.repeat(500)}"}`)
    await page.tap('#send')
    await entry(page, /↓received www/)
    await page.tap('#kind-hex')
    await page.fill('#message', '00'.repeat(600))
    await page.tap('#send')
    await entry(page, /↓received 00 00.*the first 512 bytes of it/)
    assert.equal(await sidewaysOverflow(page), 0)
    await page.fill('#message', 'x')
    await page.tap('#send')
    await noViolations(page)
    await gateway.call('POST', '/restart')
    await page.locator('#note').waitFor()
    assert.equal(await sidewaysOverflow(page), 0)
    await page.setViewportSize({ width: 320, height: 640 })
    assert.equal(await sidewaysOverflow(page), 0)
    assert.deepEqual(faults, [])
    await context.close()
  })

  await t.test('the keyboard reaches every control, in the order of the page', async () => {
    const page = await browser.newPage()
    await page.goto(url)
    await page.click('#more summary')
    await page.focus('#url')
    await page.keyboard.press('Enter')
    await page.locator('#message:focus').waitFor()
    const order = await page.evaluate<string[]>(`(() => {
      const all = [...document.querySelectorAll('button, input, textarea, summary, [tabindex="0"]')]
      // One of a group of radio buttons has the focus, and the arrows move it.
      const reached = all.filter(one => !one.disabled && !one.matches('[tabindex="-1"], [hidden], #kind-hex'))
      globalThis.place = () => reached.indexOf(document.activeElement)
      return reached.map(one => one.id || one.textContent)
    })()`)
    await page.focus('#url')
    for (let place = 0; place < order.length; place++) {
      assert.equal(await page.evaluate('place()'), place, order[place])
      const outline = `getComputedStyle(document.activeElement).outlineStyle`
      assert.equal(await page.evaluate(outline), 'solid', `the focus shows at ${order[place]}`)
      await page.keyboard.press('Tab')
    }
    await page.focus('#disconnect')
    await page.keyboard.press('Enter')
    await page.locator('#connect:focus').waitFor()
    await page.close()
  })

  await t.test(
    'of a flood the newest 500 stay, and a screen reader hears of it every two seconds',
    async () => {
      const page = await browser.newPage()
      await page.goto(url)
      await connect(page)
      await entry(page, /connected/)
      await page.evaluate(`(() => {
      globalThis.spoken = []
      new MutationObserver(() => spoken.push(document.getElementById('announcer').textContent))
        .observe(document.getElementById('announcer'), { childList: true })
    })()`)
      const lines = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ message: `message ${n}` })).join(
        '\n',
      )
      const ndjson = { 'content-type': 'application/x-ndjson' }
      await callSocket(gateway.socket, 'POST', '/push', lines, ndjson)
      const all = await entry(page, /message 4999 /)
      assert.deepEqual([all.length, all[0]], [500, '↓received message 4500 text 12 B'])
      assert.equal(await text(page, '#count'), 'the newest 500')
      assert.match(await text(page, '#received'), /^5000 \(/)
      await eventually('what is spoken', async () => {
        const spoken = await page.evaluate<string[]>('spoken')
        assert.ok(spoken.length < 10, `${spoken}`)
        return spoken.some(words => /^\d+ messages received, the last: message/.test(words))
      })
      // Whoever is at the end sees what comes; whoever looks back is left there.
      const position = `(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.getElementById('log'))`
      assert.ok(Number(await page.evaluate(position)) < 2)
      await page.evaluate(`document.getElementById('log').scrollTop = 100`)
      await gateway.push({ message: 'one more' })
      await entry(page, /one more/)
      assert.ok(Number(await page.evaluate(position)) > 1000)
      await page.close()
    },
  )

  await t.test('the snippets work in a page of another origin, with a token and without', async t => {
    const env = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }
    const guarded = await startGateway(t, { env })
    const token = (await cli({ cwd: guarded.folder, env }, 'token', '--user', 'anna')).out.trim()
    const first = await browser.newPage()
    for (const [name, at, given] of [
      ['plain', gateway, ''],
      ['client', gateway, ''],
      ['plain', guarded, token],
      ['client', guarded, token],
    ] as const) {
      await first.goto(`http://${host(at)}/`)
      // Where a token is asked for, the fields are open.
      if (given !== '') {
        await first.fill('#protocols', 'chat')
        await first.fill('#token', given)
      }
      const snippet = await text(first, `#${name}`)
      assert.ok(given === '' || !snippet.includes(given), 'no token stands in a snippet')
      const site = createServer(({ url }, response) => {
        if (url === '/token') response.end(token)
        else
          response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>mine</title>${snippet}`)
      }).listen(0)
      await once(site, 'listening')
      const page = await browser.newPage()
      const said = page.waitForEvent('console')
      await page.goto(`http://localhost:${(site.address() as AddressInfo).port}`)
      assert.equal((await said).text(), 'hello', name)
      await page.close()
      site.close()
    }
    await first.close()
  })

  await t.test('of two pages each sees what the other sends', async () => {
    const [one, other] = [await browser.newPage(), await browser.newPage()]
    for (const page of [one, other]) {
      await page.goto(url)
      await connect(page)
    }
    await one.fill('#message', 'from one')
    await one.press('#message', 'Enter')
    await entry(other, /^↓received from one/)
    assert.ok((await entries(other)).every(line => !line.startsWith('↑')))
    await one.close()
    await other.close()
  })
})
