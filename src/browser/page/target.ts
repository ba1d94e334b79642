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

/** A group for `WS_PATH=/ws/:group`. */
const SOME_GROUP = 'lobby'

/** Where this gateway listens. */
export function defaultUrl(): string {
  const here = new URL(location.href)
  const scheme = here.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${here.host}${path.replace(':group', SOME_GROUP) || here.pathname}`
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

export function givenToken(): string {
  return token.value.trim()
}

/** The subprotocols that were typed in. */
export function givenProtocols(): string[] {
  return protocols.value
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}

/** All subprotocols that are offered: the token's, those that were typed in, and the one that tells the id. */
export function offeredProtocols(): string[] {
  const bearer = givenToken() === '' ? [] : ['bearer', givenToken()]
  return [...bearer, ...givenProtocols(), ...(askId.checked ? [PAGE_PROTOCOL] : [])]
}
