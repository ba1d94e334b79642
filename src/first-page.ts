/** What a browser gets of the public port while `WS_PAGE` is on: the first page, and the client for browsers. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Answer } from './connections/answers.ts'
import { splitTarget } from './connections/request.ts'

/** What the page has to know of the gateway. All of it is for everyone to see. */
export interface PageFacts {
  /** `WS_PATH`. */
  readonly path: string | null
  /** Whether a token is asked for. */
  readonly needsToken: boolean
}

/** Both are small, and a gateway that has another version now must not be shown the old one. */
const KEPT = { 'Cache-Control': 'no-cache' }

export class FirstPage {
  readonly #answers: ReadonlyMap<string, Answer>

  /** @throws when the build lacks them */
  constructor({ path, needsToken }: PageFacts) {
    const html = built('page.html')
      .replace('%PATH%', () => attribute(path ?? ''))
      .replace('%TOKEN%', needsToken ? 'needed' : '')
    const page = answer(html, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': built('page.csp').trim(),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
    })
    const client = answer(built('client.js'), {
      'Content-Type': 'text/javascript; charset=utf-8',
      // Pages of any origin may import it; there is nothing in it that is not public.
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
    this.#answers = new Map([
      ['/', page],
      ['/client.js', client],
    ])
  }

  /** The answer to a request for one of them, or undefined for any other. */
  answer({ method, url, headers }: IncomingMessage): Answer | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined
    // A handshake whose Upgrade has got lost, such as in a proxy, is told so and is no visit of the page.
    if (headers['sec-websocket-version'] !== undefined) return undefined
    const found = this.#answers.get(splitTarget(url ?? '').path)
    const known = headers['if-none-match']
    if (found === undefined || known === undefined) return found
    const tags = known.split(',').map(tag => tag.trim().replace(/^W\//, ''))
    if (!tags.includes('*') && !tags.includes(found.headers.ETag ?? '')) return found
    const { 'Content-Type': _type, ...rest } = found.headers
    return { status: 304, headers: rest, body: '' }
  }
}

/** A file of `dist/browser`, where this one is in `dist`. */
function built(name: string): string {
  return readFileSync(new URL(`browser/${name}`, import.meta.url), 'utf8')
}

function answer(body: string, headers: Readonly<Record<string, string>>): Answer {
  const ETag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { status: 200, headers: { ...headers, ...KEPT, 'X-Content-Type-Options': 'nosniff', ETag }, body }
}

/** A text as the value of an attribute. */
function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
