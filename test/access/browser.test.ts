/** A real browser: what it can show, and what it is told. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { launchBrowser, noBrowser } from '../support/browser.ts'
import { cli } from '../support/cli.ts'
import { startGateway } from '../support/gateway.ts'

test('a browser gets in by subprotocol, query and cookie, from the origin that is allowed, and with compression', {
  skip: noBrowser,
}, async t => {
  const page = createServer((_, response) => response.end('<!doctype html><title>test</title>')).listen(0)
  await once(page, 'listening')
  t.after(() => page.close())
  const { port } = page.address() as AddressInfo
  const secret = { WS_JWT_SECRET: 'a secret that is long enough for HS256' }
  const gateway = await startGateway(t, {
    env: {
      ...secret,
      WS_JWT_COOKIE: 'session',
      WS_ALLOWED_ORIGINS: `http://127.0.0.1:${port}`,
      WS_COMPRESSION: 'on',
    },
  })
  const minted = await cli({ cwd: gateway.folder, env: secret }, 'token', '--user', 'anna')
  const token = minted.out.trim()
  const browser = await launchBrowser(t)
  const context = await browser.newContext()
  const tab = await context.newPage()
  /** Connects, sends a long text, and tells what came back. */
  const visit = (path: string, protocols: string[]) =>
    tab.evaluate(
      ([url, offered]) =>
        new Promise<string>(resolve => {
          const socket = new WebSocket(url, offered)
          const text = 'compressible text '.repeat(1000)
          socket.onopen = () => socket.send(text)
          socket.onmessage = event => {
            resolve(`${socket.protocol}|${socket.extensions}|${event.data === text}`)
            socket.close()
          }
          socket.onclose = event => resolve(`closed ${event.code}`)
        }),
      [`ws://127.0.0.1:${gateway.port}${path}`, protocols] as const,
    )
  await tab.goto(`http://127.0.0.1:${port}/`)
  assert.equal(await visit('/', []), 'closed 1006')
  assert.match(await visit('/', ['bearer', token]), /^bearer\|permessage-deflate.*\|true$/)
  assert.match(await visit('/', ['bearer', token, 'chat']), /^chat\|permessage-deflate.*\|true$/)
  assert.match(await visit(`/?token=${token}`, []), /^\|permessage-deflate.*\|true$/)
  await context.addCookies([{ name: 'session', value: token, url: `http://127.0.0.1:${port}/` }])
  assert.match(await visit('/', []), /\|true$/)
  // The same page by another name is another origin, and the browser would send the cookie as well.
  await context.addCookies([{ name: 'session', value: token, url: `http://localhost:${port}/` }])
  await tab.goto(`http://localhost:${port}/`)
  assert.equal(await visit('/', ['bearer', token]), 'closed 1006')
  assert.equal((await gateway.line(line => line.status === 403)).event, 'client.refused')
})
