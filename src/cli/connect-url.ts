/** Where `gateway connect` connects to. */
import { call, GatewayError } from '../control/client.ts'
import type { StatusJson } from '../status.ts'
import { address, readSettings } from './address.ts'
import { UsageError } from './command.ts'

const WITHIN_MS = 10_000
const ANY_ADDRESS = /^(0\.0\.0\.0|::)?$/

/**
 * The URL that is meant.
 * @param given a URL, `host:port/path`, a path of the gateway that runs here, or nothing: that gateway
 * @param which the gateway, for a path and for nothing
 * @throws UsageError, GatewayError when there is no such gateway or it is stopped
 */
export async function urlToConnect(
  given: string | undefined,
  which: { readonly id?: string; readonly url?: string },
): Promise<URL> {
  if (given !== undefined && !given.startsWith('/')) {
    if (which.id !== undefined || which.url !== undefined) {
      throw new UsageError('--id and --url ask a gateway for its port, and a URL was given: give one of them')
    }
    return readUrl(given)
  }
  return new URL(given ?? usualPath(), await baseOf(which))
}

function readUrl(given: string): URL {
  // "localhost:10125" would be a URL with the scheme "localhost".
  const text = /^[a-z][a-z+.-]*:\/\//i.test(given) ? given : `ws://${given}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol) || url.hash !== '') {
    throw new UsageError(
      `connect takes a URL such as ws://localhost:10125/chat, or a path, got ${JSON.stringify(given)}`,
    )
  }
  url.protocol = url.protocol.replace('http', 'ws')
  return url
}

async function baseOf(which: { readonly id?: string; readonly url?: string }): Promise<URL> {
  const gateway = address(which)
  const signal = AbortSignal.timeout(WITHIN_MS)
  const status: StatusJson = JSON.parse((await call(gateway, 'GET', '/status', { signal })).text)
  if (status.state !== 'running') {
    throw new GatewayError(`the gateway is ${status.state}, and nobody can connect (gateway start)`)
  }
  const { host, tlsCert } = readSettings('host', 'tlsCert')
  const scheme = tlsCert === null ? 'ws' : 'wss'
  const local = host === null || ANY_ADDRESS.test(host) ? 'localhost' : host
  const name = typeof gateway === 'string' ? local : gateway.url.hostname.replace(/^\[|\]$/g, '')
  return new URL(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${status.port}`)
}

/** The path of WS_PATH, unless a part of it is left open: then the gateway says what it takes. */
function usualPath(): string {
  const { path } = readSettings('path')
  return path === null || path.includes('/:') ? '/' : path
}
