/** When the client for browsers comes back, and what it keeps meanwhile: in a real Chromium, against real gateways. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { noBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { closeAll, http, make, openSite, QUICK, SECRET, seen, stays, token } from './stage.ts'

test('the client for browsers', { skip: noBrowser, timeout: 120_000 }, async t => {
  const visit = await openSite(t)
  const gateway = await startGateway(t)

  await t.test('comes back after a restart, and after a stop when the gateway is there again', async () => {
    const page = await visit()
    await make(page, gateway, [gateway.url, QUICK])
    await seen(page, 'open 1')
    await gateway.call('POST', '/restart')
    await seen(page, 'close 1012 0', 'open 1')
    await gateway.call('POST', '/stop')
    await seen(page, 'close 1001 0', 'error 0', 'close 1006 0')
    await gateway.call('POST', '/start')
    await seen(page, 'open 1', 3)
    await gateway.push({ message: 'hello' })
    await seen(page, 'hello 1')
    await page.close()
  })

  await t.test('keeps what is sent meanwhile, in order and up to its bound', async () => {
    const page = await visit()
    await make(page, gateway, [gateway.url, { ...QUICK, maxQueueBytes: 1000 }])
    await seen(page, 'open 1')
    await gateway.call('POST', '/stop')
    await seen(page, 'close 1001 0')
    const kept = await page.evaluate<[string, number, string]>(`(() => {
      const bytes = new Uint8Array([1, 2, 3, 4])
      socket.send('first')
      socket.send(bytes.subarray(1))
      bytes.fill(0)
      socket.send('é')
      const amount = socket.bufferedAmount
      try { socket.send('x'.repeat(1000)) } catch (error) { return [error.name, amount, String(error instanceof DOMException)] }
    })()`)
    assert.deepEqual(kept, ['QuotaExceededError', 10, 'true'])
    assert.equal(
      await page.evaluate(`(() => { let count = 0
        try { for (;;) { socket.send(''); count++ } } catch { return count } })()`),
      // 64 bytes for each, of which three wait already.
      Math.floor((1000 - 10) / 64) - 3,
    )
    await gateway.call('POST', '/start')
    await seen(page, 'first 1', 'blob of 3 1', 'é 1')
    assert.equal(await page.evaluate('socket.bufferedAmount'), 0)
    await page.close()
  })

  await t.test('sends before the first connection as well, and open comes after', async () => {
    const page = await visit()
    await page.evaluate(`make('${http(gateway)}', '${gateway.url}').then(() => socket.send('early'))`)
    assert.deepEqual(await seen(page, 'early 1'), ['open 1', 'early 1'])
    await page.close()
  })

  await t.test('after close() it stays closed, wherever it was', async () => {
    const page = await visit()
    await make(page, gateway, [gateway.url, QUICK])
    await seen(page, 'open 1')
    assert.equal(
      await page.evaluate(`(() => { try { socket.close(1) } catch (error) { return error.name } })()`),
      'InvalidAccessError',
    )
    assert.equal(
      await page.evaluate(
        `(() => { socket.close(4001, 'enough'); socket.send('lost'); return socket.readyState })()`,
      ),
      2,
    )
    await stays(page, ['open 1', 'close 4001 3'])
    // In its own close event, while it waits for the next try.
    await make(page, gateway, [gateway.url, QUICK])
    await page.evaluate(`socket.onclose = event => { seen.push('close ' + event.code); socket.close() }`)
    await seen(page, 'open 1', 2)
    await closeAll(gateway, 1012)
    await stays(page, ['open 1', 'close 4001 3', 'open 1', 'close 1012', 'close 1006'])
    assert.equal(await page.evaluate('socket.readyState'), 3)
    // Before it has opened.
    await page.evaluate(
      `seen.length = 0; make('${http(gateway)}', '${gateway.url}').then(() => socket.close())`,
    )
    await stays(page, ['error 2', 'close 1006 3'])
    await page.close()
  })

  await t.test(
    'waits ever longer, by chance, within its bounds; the network or the user ends a wait',
    async () => {
      const page = await visit()
      await page.evaluate(`(() => {
      globalThis.waits = []
      const { setTimeout } = globalThis
      globalThis.setTimeout = (then, ms, ...more) => { if (ms < 10_000) waits.push(ms); return setTimeout(then, ms, ...more) }
    })()`)
      const nobody = `ws://127.0.0.1:${await freePort()}`
      await make(page, gateway, [nobody, { minDelayMs: 4, maxDelayMs: 50 }])
      const waits = await eventually('ten tries', async () => {
        const all = await page.evaluate<number[]>('waits')
        return all.length >= 10 && all
      })
      assert.ok(
        waits.every((ms, tries) => ms >= 0 && ms <= Math.min(50, 4 * 2 ** tries)),
        `${waits}`,
      )
      assert.equal(new Set(waits).size, waits.length, 'by chance')
      await page.evaluate('socket.close()')
      await seen(page, 'close 1006 3')
      await page.evaluate('seen.length = 0')
      // As long as a wait may be: by chance it is any part of that.
      await make(page, gateway, [nobody, { minDelayMs: 2 ** 31 - 1, maxDelayMs: 2 ** 31 - 1 }])
      await seen(page, 'close 1006 0')
      await page.evaluate(`dispatchEvent(new Event('online'))`)
      await seen(page, 'close 1006 0', 2)
      await page.evaluate(`document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`)
      await seen(page, 'close 1006 0', 3)
      // Nobody looks, but the network is there: timers of such a page are slow.
      await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true })
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`)
      await stays(page, await page.evaluate('seen'))
      await page.evaluate(`dispatchEvent(new Event('online'))`)
      await seen(page, 'close 1006 0', 4)
      await page.evaluate(`socket.close(); seen.length = 0; dispatchEvent(new Event('online'))`)
      await stays(page, ['close 1006 3'])
      await page.close()
    },
  )

  await t.test('asks for a token each time; after 4401 once at once, and no further time', async () => {
    const guarded = await startGateway(t, { env: { WS_JWT_SECRET: SECRET } })
    const page = await visit()
    // The page's clock, so that it does not matter how slow this machine is.
    await page.evaluate('clock = 0; performance.now = () => clock')
    const lasting = await token('1h')
    const withTokens = async (...given: string[]) => {
      await page.evaluate(`seen.length = 0; tokens = ${JSON.stringify(given)}; asked = 0`)
      await page.evaluate(`make('${http(guarded)}', '${guarded.url}', 'chat', { minDelayMs: 5, maxDelayMs: 20, token: async () => {
        asked++
        return tokens.length > 1 ? tokens.shift() : tokens[0]
      } })`)
    }
    await withTokens(lasting)
    await seen(page, 'open 1')
    await closeAll(guarded, 4401)
    await seen(page, 'open 1', 'close 4401 0', 'open 1')
    assert.equal(await page.evaluate('socket.protocol'), 'chat')
    assert.equal(await page.evaluate('asked'), 2)
    await closeAll(guarded, 4401)
    await stays(page, ['open 1', 'close 4401 0', 'open 1', 'close 4401 3'])
    // A connection of more than five seconds was a good one: then its token may expire like the first one's.
    await withTokens(lasting)
    await seen(page, 'open 1')
    for (const opens of [2, 3]) {
      await page.evaluate('clock += 5001')
      await closeAll(guarded, 4401)
      await seen(page, 'open 1', opens)
    }
    await page.evaluate('socket.close()')
    await seen(page, 'close 1005 3')
    // 401 looks like any other failure to a page: it goes on trying.
    await withTokens('none', 'none', lasting)
    assert.deepEqual(await seen(page, 'open 1'), [
      'error 0',
      'close 1006 0',
      'error 0',
      'close 1006 0',
      'open 1',
    ])
    await page.evaluate('socket.close()')
    await seen(page, 'close 1005 3')
    await page.close()
  })

  await t.test('a token and a handshake that take too long are given up', async t => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const page = await visit()
    // The page's clock: half a minute is too long for a test. Paused, since it would go on by itself beside what is run.
    await page.clock.install({ time: 0 })
    await page.clock.pauseAt(3_600_000)
    const never = '{ minDelayMs: 1, token: () => new Promise(() => {}) }'
    await page.evaluate(`make('${http(gateway)}', '${gateway.url}', ${never})`)
    await page.clock.runFor(29_900)
    assert.deepEqual(await page.evaluate('seen'), [])
    await page.clock.runFor(200)
    await seen(page, 'error no token in time 0')
    await page.evaluate('socket.close(); seen.length = 0')
    const connected = once(silent, 'connection')
    await make(page, gateway, [`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`, QUICK])
    const [socket] = await connected
    await page.clock.runFor(30_100)
    await seen(page, 'error 0', 'close 1006 0')
    socket.destroy()
    await page.close()
  })

  await t.test('a token that cannot be had is an error event, and is asked for again', async () => {
    const guarded = await startGateway(t, { env: { WS_JWT_SECRET: SECRET } })
    const page = await visit()
    await page.evaluate(`asked = 0; make('${http(guarded)}', '${guarded.url}', { minDelayMs: 5, maxDelayMs: 20, token: () => {
      asked++
      if (asked === 1) throw new Error('no session')
      if (asked === 2) return Promise.reject(new Error('away'))
      return '${await token('1h')}'
    } })`)
    assert.deepEqual(await seen(page, 'open 1'), ['error no session 0', 'error away 0', 'open 1'])
    assert.equal(await page.evaluate('socket.protocol'), 'bearer')
    await page.close()
  })
})
