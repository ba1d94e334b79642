/** The handshake of `gateway connect`, and what it says when that fails. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { WebSocket } from 'ws'
import { GatewayError } from '../control/client.ts'
import { visible } from './visible.ts'

const HANDSHAKE_MS = 10_000
/** Of a refusal so much is read, for no longer than this. */
const BODY_BYTES = 64 * 1024
const BODY_MS = 3000
const CERTIFICATE_FAULT = /CERT|SIGNATURE|ALTNAME/

export interface OpenOptions {
  readonly protocols: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly isInsecure: boolean
}

/**
 * Connects. Nothing is read yet of the socket that this gives: it is to be resumed.
 * @throws GatewayError when it is refused, or nobody is there
 */
export function openSocket(url: URL, { protocols, headers, isInsecure }: OpenOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, [...protocols], {
    headers,
    handshakeTimeout: HANDSHAKE_MS,
    rejectUnauthorized: !isInsecure,
  })
  return new Promise((done, fail) => {
    socket.once('open', () => {
      // What comes right behind the handshake waits until somebody takes it.
      socket.pause()
      done(socket)
    })
    socket.on('error', error => fail(faultOf(url, error)))
    socket.on('unexpected-response', (request, response) => {
      refusalOf(response)
        .then(fail, fail)
        .finally(() => request.destroy())
    })
  })
}

function faultOf(url: URL, error: Error & { readonly code?: string }): GatewayError {
  const { code = '', message } = error
  const origin = `${url.protocol}//${url.host}`
  const absent = new GatewayError(`nobody listens on ${origin}`, { code, cause: error })
  if (absent.isAbsent) return absent
  const hint = CERTIFICATE_FAULT.test(code) ? '; --insecure takes any certificate' : ''
  return new GatewayError(`${origin} cannot be connected to: ${message}${hint}`, { code, cause: error })
}

async function refusalOf(response: IncomingMessage): Promise<GatewayError> {
  const { statusCode: status = 0, headers } = response
  const words = `refused with ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  if (headers.location !== undefined && status >= 300 && status < 400) {
    return new GatewayError(`${words}: go to ${visible(headers.location)}`, { status })
  }
  const detail = detailOf(await textOf(response), headers['content-type'] ?? '')
  return new GatewayError(detail === '' ? words : `${words}: ${visible(detail)}`, { status })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const late = setTimeout(() => response.destroy(), BODY_MS)
  let text = ''
  try {
    for await (const bytes of response) {
      text += bytes
      if (text.length > BODY_BYTES) break
    }
  } catch (error) {
    // What has come says enough, or the status does.
    if (!response.destroyed) throw error
  } finally {
    clearTimeout(late)
  }
  return text
}

/** What a problem document (RFC 9457) says, or the first line of a plain text. */
function detailOf(text: string, type: string): string {
  if (/^text\/plain/i.test(type)) return text.trim().split('\n', 1).join()
  if (!/json/i.test(type)) return ''
  try {
    const { detail } = { detail: '', ...JSON.parse(text) }
    return String(detail)
  } catch (error) {
    if (error instanceof SyntaxError) return ''
    throw error
  }
}
