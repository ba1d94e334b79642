/** A gateway whose console is open in a real Chromium, and a crowd that is connected to it. */
import assert from 'node:assert/strict'
import { connect as connectSocket, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { axeViolations, faultsOf, launchBrowser, sidewaysOverflow } from '../support/browser.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayOptions, type GatewayProcess, startGateway } from '../support/gateway.ts'
import { recordTouches } from './touches.ts'

export const TOKEN = 'the-token-of-the-console'

/** A name that would show what it did, if anything took it for HTML. */
export const HOSTILE = `<img src=x onerror="document.title='taken over'">`

/** Who comes in says who it is in its query: `?user=anna&group=a&group=b&info={}`. */
export const listener = `
export const onClientOpen = ({ conn }) => {
  const query = new URLSearchParams(conn.request.query)
  if (query.has('user')) conn.user = query.get('user')
  if (query.has('info')) conn.info = JSON.parse(query.get('info'))
  for (const group of query.getAll('group')) conn.join(group)
}
export const onMessage = (data, gateway) => {
  if (data.message === 'throw') throw new Error('the listener threw')
  if (data.conn) data.connections = [data.conn]
  if (data.aside) data.message += data.aside
}
`

/** What a page's console says of a refusal, or of a gateway that is away, which a test has brought about. */
const REFUSED = new RegExp(
  [
    'Failed to load resource: the server responded with a status of (400|401|404|409|429|500|502|503|504)',
    'Failed to load resource: net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE)',
  ].join('|'),
)

export function controlled(options: GatewayOptions = {}): GatewayOptions {
  return {
    listener: { 'listener.mjs': listener },
    ...options,
    env: {
      WS_CONTROL_PORT: '0',
      WS_CONTROL_TOKEN: TOKEN,
      // The crowd answers no pings.
      WS_HEARTBEAT_MS: '600000',
      WS_PRESENCE_GRACE_MS: '0',
      ...options.env,
    },
  }
}

export class Console {
  readonly gateway: GatewayProcess
  readonly page: Page
  /** The console's address. */
  readonly url: string
  /** What has gone wrong in the page, beside refusals. */
  readonly faults: string[]

  constructor(gateway: GatewayProcess, page: Page, url: string) {
    this.gateway = gateway
    this.page = page
    this.url = url
    this.faults = faultsOf(page, new URL(url).host, REFUSED)
  }

  /** Opens a view by its link. */
  async go(view: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click()
    await this.heading(view).waitFor()
  }

  heading(name: string | RegExp) {
    return this.page.getByRole('heading', { level: 1, name })
  }

  button(name: string | RegExp) {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** Waits for a text anywhere. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor()
  }

  /** Waits for the page's title. */
  async titled(title: RegExp): Promise<void> {
    await eventually(`the title ${title}`, async () => title.test(await this.page.title()))
  }

  /** Waits until so many elements are there. */
  async has(count: number, elements: Locator): Promise<void> {
    await eventually(`${count} of ${elements}`, async () => (await elements.count()) === count)
  }

  /** Nothing that axe-core finds, light or dark, and nothing to scroll sideways, wide or narrow. */
  async isAccessible(what: string): Promise<void> {
    for (const colorScheme of ['dark', 'light'] as const) {
      await this.page.emulateMedia({ colorScheme })
      assert.deepEqual(await axeViolations(this.page), [], `${what}, ${colorScheme}`)
    }
    for (const width of [800, 1280]) {
      await this.page.setViewportSize({ width, height: 800 })
      assert.equal(await sidewaysOverflow(this.page), 0, `${what} at ${width}`)
    }
  }

  /** A client with a name. */
  async client(t: TestContext, query: Readonly<Record<string, string>>) {
    return connect(t, `${this.gateway.url}/?${new URLSearchParams(query)}`)
  }
}

/** The address of a gateway's console. */
export async function consoleOf(gateway: GatewayProcess): Promise<string> {
  const { body } = await gateway.call('GET', '/status')
  return `http://127.0.0.1:${body.controlPort}/`
}

/** Opens a console without signing in. */
export async function openPage(
  t: TestContext,
  gateway: GatewayProcess,
  { browser }: { readonly browser?: Browser } = {},
): Promise<Console> {
  const page = await (browser ?? (await launchBrowser(t))).newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(60_000)
  await page.addInitScript(recordTouches)
  return new Console(gateway, page, await consoleOf(gateway))
}

export async function signIn({ page, url }: Console, token = TOKEN): Promise<void> {
  await page.goto(url)
  await page.getByLabel('Control token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Starts a gateway, and opens its console. */
export async function openConsole(t: TestContext, options?: GatewayOptions): Promise<Console> {
  const gateway = await startGateway(t, controlled(options))
  const opened = await openPage(t, gateway)
  await signIn(opened)
  await opened.heading('Overview').waitFor()
  return opened
}

/** So many handshakes at a time. */
const AT_ONCE = 250

/** Connects many clients that only listen. They are cut off when the test ends. */
export async function crowd(
  t: TestContext,
  gateway: GatewayProcess,
  count: number,
  query: (i: number) => string,
): Promise<void> {
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let from = 0; from < count; from += AT_ONCE) {
    const many = Math.min(AT_ONCE, count - from)
    sockets.push(
      ...(await Promise.all(Array.from({ length: many }, (_, i) => come(gateway.port, query(from + i))))),
    )
  }
}

function come(port: number, query: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, '127.0.0.1')
    const head = [
      `GET /crowd?${query} HTTP/1.1`,
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.once('data', bytes => {
      if (!bytes.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(bytes.toString('latin1')))
      socket.resume()
      resolve(socket)
    })
    // The gateway may close it at any time, which is no fault of the test.
    socket.on('error', reject)
  })
}
