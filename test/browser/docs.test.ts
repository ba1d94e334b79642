/** docs/browser.md: its examples run as they stand there, and its table of codes is what the client does. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { noBrowser } from '../support/browser.ts'
import { connect } from '../support/client.ts'
import { root, startGateway } from '../support/gateway.ts'
import { codeBlocks, section } from '../support/markdown.ts'
import { closeAll, http, make, openSite, QUICK, seen, stays } from './stage.ts'

const docs = readFileSync(join(root, 'docs/browser.md'), 'utf8')

test('docs/browser.md', { skip: noBrowser, timeout: 120_000 }, async t => {
  const visit = await openSite(t)
  const gateway = await startGateway(t)

  await t.test('its first example', async t => {
    const other = await connect(t, `${gateway.url}/chat`)
    const [html = ''] = codeBlocks(docs, 'html')
    const page = await visit()
    const said = page.waitForEvent('console')
    await page.setContent(html.replaceAll('localhost:10125', `127.0.0.1:${gateway.port}`))
    assert.equal((await said).text(), 'hello')
    assert.deepEqual(await other.messages(1), ['hello'])
    await page.close()
  })

  await t.test('what it says of tokens, of readyState, and of staying away', async () => {
    const [options = '', away = ''] = codeBlocks(docs, 'js')
    const page = await visit()
    await page.evaluate(`(async () => {
      const { GatewaySocket } = await import('${http(gateway)}/client.js')
      const fetch = async path => ({ text: async () => 'token-of-' + path.slice(1) })
      const show = text => seen.push(text)
      ${options.replace('/ws', `${gateway.url}/ws`)}
      ${away}
      globalThis.socket = socket
    })()`)
    await seen(page, 'connected')
    assert.equal(await page.evaluate('socket.protocol'), 'bearer')
    await closeAll(gateway, 1012)
    await seen(page, 'connected', 'reconnecting', 'connected')
    await closeAll(gateway, 4403)
    await stays(page, ['connected', 'reconnecting', 'connected', 'reconnecting', 'closed'])
    await page.close()
  })

  await t.test('its table of codes', async () => {
    const rows = section(docs, 'When it comes back').matchAll(/^\| (1\d{3}[\d, ]*|4401) \| (\S+?),? /gm)
    const page = await visit()
    let codes = 0
    for (const [, list = '', comesBack] of rows) {
      for (const code of list.split(', ').filter(code => !['1005', '1006'].includes(code))) {
        codes++
        await page.evaluate('seen.length = 0')
        await make(page, gateway, [gateway.url, QUICK])
        await seen(page, 'open 1')
        await closeAll(gateway, Number(code))
        if (comesBack === 'no') await stays(page, ['open 1', `close ${code} 3`])
        else await seen(page, 'open 1', `close ${code} 0`, 'open 1')
        await page.evaluate('socket.close()')
        if (comesBack !== 'no') await seen(page, 'close 1005 3')
      }
    }
    assert.equal(codes, 9)
    await page.close()
  })

  await t.test('its size, and its defaults', () => {
    const client = readFileSync(join(root, 'dist/browser/client.js'))
    const said = Number(/([\d.]+) kB with gzip/.exec(docs)?.[1])
    const { length } = gzipSync(client, { level: 9 })
    assert.ok(Math.abs(said * 1000 - length) < 100, `${length} bytes`)
    const source = readFileSync(join(root, 'src/browser/client.ts'), 'utf8')
    assert.match(source, /minDelayMs = 500, maxDelayMs = 30_000, maxQueueBytes = 2 \*\* 20/)
    for (const words of ['`minDelayMs` | 500 |', '`maxDelayMs` | 30000 |', '`maxQueueBytes` | 1048576 |']) {
      assert.ok(docs.includes(words), words)
    }
  })
})
