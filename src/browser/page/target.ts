/** What the form says: where to connect, and with what. */
import { PAGE_PROTOCOL } from '../../connections/page-protocol.ts'
import { input } from './elements.ts'

const url = input('url')
const token = input('token')
const protocols = input('protocols')
const askId = input('ask-id')

/** `WS_PATH`, or an empty text when any path counts. */
export const path = document.documentElement.dataset.path ?? ''
/** Whether the gateway asks for a token. */
export const needsToken = document.documentElement.dataset.token === 'needed'

/** The part of `WS_PATH=/ws/:group` that is any group. */
const GROUP = ':group'
const SOME_GROUP = 'lobby'
const parts = path.split('/')

/** Where this gateway listens. */
export function defaultUrl(): string {
  const here = new URL(location.href)
  const scheme = here.protocol === 'https:' ? 'wss' : 'ws'
  const there = parts.map(part => (part === GROUP ? SOME_GROUP : part)).join('/')
  return `${scheme}://${here.host}${there || here.pathname}`
}

/** Whether clients may connect at this path. */
export function isPath(pathname: string): boolean {
  const given = pathname.split('/')
  const fits = (part: string, i: number): boolean => (part === GROUP ? !!given[i] : part === given[i])
  return path === '' || (given.length === parts.length && parts.every(fits))
}

/** @throws TypeError that says what is wrong */
export function targetUrl(): URL {
  const parsed = parse(url.value.trim())
  parsed.protocol = parsed.protocol.replace('http', 'ws')
  parsed.hash = ''
  if (!/^wss?:$/.test(parsed.protocol)) {
    throw new TypeError(`A WebSocket’s URL begins with ws: or wss:, got ${parsed.protocol}`)
  }
  if (location.protocol === 'https:' && parsed.protocol === 'ws:') {
    throw new TypeError('This page came by https:, so the browser allows it wss: alone.')
  }
  return parsed
}

function parse(text: string): URL {
  try {
    return new URL(text, location.href)
  } catch {
    throw new TypeError(`“${text}” is no URL.`)
  }
}

/** The token; with the word before it, as it stands in a header, it is the same. */
export function givenToken(): string {
  return token.value.trim().replace(/^bearer\s+/i, '')
}

/** The subprotocols that were typed in. */
export function givenProtocols(): string[] {
  return protocols.value
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}

/** @throws RangeError for a token that no browser can show, in words that name the token */
export function checkToken(): void {
  const strange = /[^\w.~+-]/.exec(givenToken())
  if (strange !== null) {
    throw new RangeError(`In a token there are letters, digits and “. - _” alone, got “${strange[0]}”.`)
  }
}

/** All subprotocols that are offered: the token's, those that were typed in, and the one that tells the id. */
export function offeredProtocols(): string[] {
  const bearer = givenToken() === '' ? [] : ['bearer', givenToken()]
  return [...bearer, ...givenProtocols(), ...(askId.checked ? [PAGE_PROTOCOL] : [])]
}
