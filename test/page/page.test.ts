/** The first page in a real Chromium: every control of it, in light and dark, by mouse and by keyboard. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsOf, launchBrowser, noBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, writeFiles } from '../support/gateway.ts'
import { connect, entries, entry, host, noViolations, text } from './first-page.ts'

test('every control of the page does what it says', { skip: noBrowser, timeout: 180_000 }, async t => {
  const gateway = await startGateway(t)
  writeFiles(gateway.folder, { 'small.bin': 'a file' })
  const browser = await launchBrowser(t)
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  const faults = faultsOf(page, host(gateway))
  // Each control that is used is noted; those that are not are a gap of this test.
  await page.addInitScript(`
    globalThis.used = new Set()
    for (const type of ['click', 'input', 'change']) addEventListener(type, event => used.add(event.target), true)
  `)
  await page.goto(`http://${host(gateway)}/`)
  assert.equal(await page.title(), 'WebSocket gateway')
  assert.match(await text(page, '#support'), /this browser supports WebSockets/)
  assert.equal(await page.inputValue('#url'), `ws://${host(gateway)}/`)
  await noViolations(page)

  await connect(page)
  const id = await eventually('an id', async () => {
    const told = await text(page, '#id')
    return told !== '…' && told
  })
  const { connections } = (await gateway.call('GET', '/connections')).body
  assert.equal(id, connections[0].id)
  assert.equal(await text(page, '#protocol'), 'websocket-gateway.page')
  assert.deepEqual((await entry(page, /connected/)).length, 2, 'the frame with the id is no message')

  // Who has connected by the keyboard goes on with it.
  await page.keyboard.type('hello')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('<img src=x onerror=alert(1)>')
  await page.keyboard.press('Enter')
  assert.equal(await page.inputValue('#message'), '')
  const lines = await entry(page, /^↓/)
  assert.match(lines[2] ?? '', /^↑sent hello <img src=x onerror=alert\(1\)> text 34 B$/)
  assert.match(lines[3] ?? '', /^↓received hello <img src=x onerror=alert\(1\)> text 34 B$/)

  await page.click('#kind-hex')
  for (const [wrong, why] of [
    ['abc', /two digits/],
    ['xy', /got “x”/],
  ] as const) {
    await page.fill('#message', wrong)
    await page.click('#send')
    assert.match(await text(page, '#send-fault'), why)
  }
  await page.fill('#message', '0xDE ad:be,ef 41')
  await page.click('#send')
  assert.equal(await page.locator('#send-fault').isVisible(), false)
  await entry(page, /↓received de ad be ef 41 +····A binary 5 B/)
  const chooser = page.waitForEvent('filechooser')
  await page.click('#file')
  await (await chooser).setFiles(join(gateway.folder, 'small.bin'))
  await entry(page, /↓received 61 20 66 69 6c 65 +a file binary 6 B/)
  await page.click('#kind-text')
  assert.equal(await text(page, '#sent'), '3 (45 B)')
  assert.equal(await text(page, '#received'), '3 (45 B)')
  await noViolations(page)

  await page.click('#pause')
  await gateway.push({ message: 'unseen for now' })
  await eventually('one that waits', async () => /1 more while paused/.test(await text(page, '#count')))
  assert.ok(!(await entries(page)).join().includes('unseen'))
  await page.click('#pause')
  await entry(page, /unseen for now text 14 B/)
  await page.click('#clear')
  assert.equal(await page.locator('#empty').isVisible(), true)
  for (let n = 0; n < 6; n++) {
    await gateway.call('POST', '/push', { message: 'x'.repeat(6000) })
    await page.fill('#message', `message ${n}`)
    await page.press('#message', 'Enter')
  }
  await entry(page, /↓received message 5 text 9 B/)
  assert.ok(
    (await entries(page)).some(line =>
      /x{5000} … \(the first 5000 characters of it\) text 6\.0 kB$/.test(line),
    ),
  )

  for (const [button, pattern] of [
    ['#copy-id', new RegExp(`^${id}$`)],
    ['[data-copy=plain]', /new WebSocket\(url\)/],
    ['[data-copy=client]', /import \{ GatewaySocket \} from\n/],
    ['[data-copy=push]', new RegExp(`gateway push 'only for you' --to ${id}$`)],
  ] as const) {
    // It says so for a moment alone.
    await Promise.all([page.locator(button, { hasText: 'Copied' }).waitFor(), page.click(button)])
    assert.match(await page.evaluate<string>('navigator.clipboard.readText()'), pattern)
  }
  await page.click('#codes summary')
  assert.match(await text(page, '#code-list'), /4401Token expired/)

  await page.click('#disconnect')
  await page.locator('#state[data-state=closed]').waitFor()
  assert.equal(await text(page, '#state-text'), 'Closed: 1000')
  await entry(page, /closed: 1000 Normal/)
  assert.equal((await gateway.call('GET', '/status')).body.connections, 0)

  await page.click('#more summary')
  await page.fill('#token', 'a-token')
  await page.fill('#protocols', 'chat, chat.v2')
  await page.uncheck('#ask-id')
  await noViolations(page)
  assert.match(
    await text(page, '#plain'),
    /protocols = \['bearer', token, 'chat', 'chat.v2'\]\n.*new WebSocket\(url, protocols\)/,
  )
  assert.match(await text(page, '#client'), /new GatewaySocket\(url, protocols, \{\n.*\n.*token: \(\) =>/)
  await page.fill('#protocols', "it's")
  assert.match(await text(page, '#plain'), /, 'it\\'s'\]/)
  await page.fill('#protocols', 'chat, chat.v2')
  await connect(page)
  assert.equal(await text(page, '#protocol'), 'chat')
  assert.equal(await text(page, '#id'), 'not known')
  await page.click('#disconnect')

  for (const [url, why] of [
    ['ftp://example.org/', /begins with ws: or wss:, got ftp:/],
    ['http://', /“http:\/\/” is no URL/],
  ] as const) {
    await page.fill('#url', url)
    await page.press('#url', 'Enter')
    await page.locator('#note').waitFor()
    assert.match(await text(page, '#note'), why)
    await noViolations(page)
  }

  const unused = await page.evaluate(`[...document.querySelectorAll('button, input, textarea, summary')]
    .filter(control => !used.has(control)).map(control => control.outerHTML)`)
  assert.deepEqual(unused, [])
  assert.deepEqual(faults, [])
})
