/** A page of an application of another origin, in a real Chromium, with the client for browsers in it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { SignJWT } from 'jose'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import type { GatewayProcess } from '../support/gateway.ts'

/** The secret of `token`. */
export const SECRET = 'a secret that is long enough for HS256'
/** Short waits, so that the tests are quick. */
export const QUICK = { minDelayMs: 5, maxDelayMs: 20 }

/** The page's own side: `make(from, url, …)` makes a GatewaySocket whose events go into `seen`. */
const SCRIPT = `
globalThis.seen = []
globalThis.tokens = []
globalThis.make = async (from, ...words) => {
  const { GatewaySocket } = await import(from + '/client.js')
  globalThis.socket = new GatewaySocket(...words)
  const note = text => seen.push(text + ' ' + socket.readyState)
  socket.onopen = () => note('open')
  socket.onmessage = event => note(typeof event.data === 'string' ? event.data : 'blob of ' + event.data.size)
  socket.onerror = event => note('error' + (event.error ? ' ' + event.error.message : ''))
  socket.onclose = event => note('close ' + event.code)
}
`

/** A browser and an application's site. @returns what opens its page */
export async function openSite(t: TestContext): Promise<() => Promise<Page>> {
  const site = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(`<!doctype html><title>an application</title><script>${SCRIPT}</script>`)
  }).listen(0)
  await once(site, 'listening')
  t.after(() => site.close())
  const { port } = site.address() as AddressInfo
  const browser = await launchBrowser(t)
  return async () => {
    // Each in a context of its own, which goes with it: one page's clock is that of its context.
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${port}`)
    return page
  }
}

/** Where a gateway's `/client.js` is. */
export const http = (gateway: GatewayProcess): string => gateway.url.replace('ws', 'http')

/** Makes a socket of the gateway's client. @param words what its constructor gets */
export async function make(page: Page, gateway: GatewayProcess, words: readonly unknown[]): Promise<void> {
  await page.evaluate(`make('${http(gateway)}', ...${JSON.stringify(words)})`)
}

/** Waits until the page has seen these in this order, others between them; or one of them so many times. */
export function seen(page: Page, ...what: [...string[], number] | string[]): Promise<string[]> {
  const last = what.at(-1)
  const wanted = typeof last === 'number' ? Array<string>(last).fill(String(what[0])) : what
  return eventually(`${wanted}`, async () => {
    const all = await page.evaluate<string[]>('seen')
    let at = 0
    for (const one of all) if (one === wanted[at]) at++
    return at === wanted.length && all
  })
}

/** It comes to exactly this, and nothing follows for longer than the waits take. */
export async function stays(page: Page, all: unknown[]): Promise<void> {
  await eventually(`${all}`, async () => (await page.evaluate<string[]>('seen')).length >= all.length)
  await page.evaluate('new Promise(resolve => setTimeout(resolve, 150))')
  assert.deepEqual(await page.evaluate('seen'), all)
}

/** The gateway closes all of its connections with a code. */
export async function closeAll(gateway: GatewayProcess, code: number): Promise<void> {
  const { connections } = (await gateway.call('GET', '/connections')).body
  for (const { id } of connections) await gateway.call('DELETE', `/connections/${id}?code=${code}`)
}

/** A token of anna's. */
export function token(ttl: string): Promise<string> {
  return new SignJWT({ sub: 'anna' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(ttl)
    .sign(Buffer.from(SECRET))
}
