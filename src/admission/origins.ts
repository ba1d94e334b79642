/** Which web pages may connect: the origins of WS_ALLOWED_ORIGINS (RFC 6454, RFC 6455 §10.2). */
import type { Kind } from '../config/kinds.ts'

/** One entry of the list: `*`, an origin, or an origin with `*.` before its host. */
export const originText: Kind<string> = {
  takes: 'origins such as https://example.com or https://*.example.com, or *',
  read: value => (value === '*' || parsePattern(value) !== undefined ? value : undefined),
}

interface Pattern {
  /** Scheme, host and port as the URL standard writes them. */
  readonly origin: string
  /** For `*.`: the host's end that is asked for, with its dot. */
  readonly hostEnd: string | undefined
  readonly scheme: string
  readonly port: string
}

function parsePattern(value: string): Pattern | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\*\.)?([^/?#@*]+)\/?$/i.exec(value)
  if (match === null) return undefined
  const [, scheme = '', wildcard, host = ''] = match
  const url = parse(`${scheme}://${host}`)
  if (url === undefined || url.pathname !== '/') return undefined
  return {
    origin: url.origin,
    hostEnd: wildcard === undefined ? undefined : `.${url.hostname}`,
    scheme: url.protocol,
    port: url.port,
  }
}

/** A URL whose scheme has origins; the others have none that could be told apart. */
function parse(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url === undefined || url.origin === 'null' || url.hostname === '' ? undefined : url
}

export class AllowedOrigins {
  readonly #patterns: readonly Pattern[]
  readonly #any: boolean
  readonly #exact: ReadonlySet<string>

  constructor(list: readonly string[]) {
    this.#any = list.includes('*')
    const patterns = list.map(parsePattern).filter(pattern => pattern !== undefined)
    this.#exact = new Set(patterns.filter(p => p.hostEnd === undefined).map(p => p.origin))
    this.#patterns = patterns.filter(p => p.hostEnd !== undefined)
  }

  /**
   * Whether a request may come in by its `Origin` header. A client that is no browser sends none, and could send
   * any: it is not held up by this.
   */
  allows(origin: string | undefined): boolean {
    if (this.#any || origin === undefined) return true
    const url = parse(origin)
    // An origin is nothing but scheme, host and port; anything else is somebody's attempt.
    if (url === undefined || url.origin !== origin.toLowerCase()) return false
    return this.#exact.has(url.origin) || this.#patterns.some(pattern => matches(pattern, url))
  }
}

function matches({ scheme, port, hostEnd }: Pattern, url: URL): boolean {
  return (
    hostEnd !== undefined && url.protocol === scheme && url.port === port && url.hostname.endsWith(hostEnd)
  )
}
