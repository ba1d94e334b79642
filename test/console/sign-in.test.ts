/** Getting into the console, and out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { launchBrowser, noBrowser } from '../support/browser.ts'
import { startGateway } from '../support/gateway.ts'
import { Console, controlled, openPage, signIn, TOKEN } from './console.ts'

test('the console: getting in and out', { skip: noBrowser }, async t => {
  const gateway = await startGateway(t, controlled())
  const browser = await launchBrowser(t)
  await t.test('the token is asked for once, and a wrong one is said to be wrong', async () => {
    const opened = await openPage(t, gateway, { browser })
    const { page, url, faults } = opened
    await page.goto(`${url}#/connections?search=anna`)
    await page.getByLabel('Control token').waitFor()
    assert.equal(await page.getByRole('alert').textContent(), '')
    await opened.isAccessible('sign-in')
    await page.getByLabel('Control token').fill('a-wrong-token-altogether')
    await opened.button('Sign in').click()
    await page.getByText('This is not the token.').waitFor()
    await page.getByLabel('Control token').fill('päßword')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the token.').waitFor()
    await page.getByLabel('Control token').fill(TOKEN)
    await page.keyboard.press('Enter')
    // It leads to where the link wanted to go.
    await opened.heading('Connections').waitFor()
    assert.equal(await page.getByLabel('Search').inputValue(), 'anna')
    await page.reload()
    await opened.heading('Connections').waitFor()
    assert.equal(await page.evaluate<number>('localStorage.length + document.cookie.length'), 0)
    await opened.button('Sign out').click()
    await page.getByText('You are signed out.').waitFor()
    await page.reload()
    await page.getByLabel('Control token').waitFor()
    assert.equal(await page.evaluate<number>('sessionStorage.getItem("websocket-gateway.token")'), null)
    assert.deepEqual(faults, [])
  })

  await t.test('a wrong token is answered late, and the page says so meanwhile', async () => {
    const { page, url } = await openPage(t, gateway, { browser })
    await page.goto(url)
    await page.getByLabel('Control token').waitFor()
    const late = page.getByText('an answer takes up to 8 seconds')
    await page.route('**/status', async route => {
      await late.waitFor()
      await route.fulfill({ status: 401, json: { status: 401, detail: 'takes another one' } })
    })
    await page.getByLabel('Control token').fill('a-wrong-token-altogether')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the token.').waitFor()
    assert.equal(await late.count(), 0)
  })

  await t.test('who has tried too many tokens is told to wait', async () => {
    const opened = await openPage(t, gateway, { browser })
    const { page, url } = opened
    // What the gateway answers while sixteen wrong ones of this address wait for their answers.
    const detail = 'too many calls with a wrong token; wait'
    await page.goto(url)
    await page.getByLabel('Control token').waitFor()
    await page.route('**/status', route => route.fulfill({ status: 429, json: { status: 429, detail } }))
    await page.getByLabel('Control token').fill('a-wrong-token-altogether')
    await page.keyboard.press('Enter')
    await page.getByText('Too many wrong tokens have been tried. Wait a minute, then try again.').waitFor()
  })

  await t.test('where no token is needed, none is asked for', async () => {
    const faults: string[] = []
    // What a proxy before the Unix socket does that puts the console into a folder.
    const proxy = createServer((asked, answer) => {
      const { url = '/', method, headers } = asked
      if (!url.startsWith('/a/b/')) faults.push(url)
      const path = url.slice('/a/b'.length)
      const passed = request({ socketPath: gateway.socket, path, method, headers }, response => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
        answer.on('close', () => response.destroy())
      })
      passed.on('error', () => answer.destroy())
      asked.pipe(passed)
    }).listen(0, '127.0.0.1')
    t.after(() => {
      proxy.close()
      proxy.closeAllConnections()
    })
    await once(proxy, 'listening')
    const { page } = await openPage(t, gateway, { browser })
    const opened = new Console(
      gateway,
      page,
      `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/a/b/`,
    )
    await page.goto(opened.url)
    await opened.heading('Overview').waitFor()
    await opened.titled(/^running, 0 connections/)
    assert.equal(await opened.button('Sign out').count(), 0)
    assert.deepEqual([...opened.faults, ...faults], [])
  })

  await t.test('a gateway that is away for a moment does not cost the token', async () => {
    const opened = await openPage(t, gateway, { browser })
    await signIn(opened)
    await opened.titled(/^running/)
    await opened.page.route('**/status', route => route.fulfill({ status: 502 }))
    await opened.page.reload()
    await opened.page.getByRole('alert').getByText('502').waitFor()
    await opened.page.unroute('**/status')
    await opened.page.reload()
    await opened.titled(/^running/)
  })

  await t.test('a token that does not count any more leads back to the question', async () => {
    const opened = await openPage(t, gateway, { browser })
    await signIn(opened)
    await opened.titled(/^running/)
    // The answer that a gateway with another token gives.
    await opened.page.route('**/groups?*', route => route.fulfill({ status: 401, json: { detail: 'no' } }))
    await opened.page.getByRole('link', { name: 'Groups' }).click()
    await opened.page.getByText('The token is not accepted any more.').waitFor()
    await opened.page.unroute('**/groups?*')
    await opened.page.getByLabel('Control token').fill(TOKEN)
    await opened.button('Sign in').click()
    await opened.heading('Groups').waitFor()
  })
})
