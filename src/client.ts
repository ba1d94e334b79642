/**
 * The push client: `import { sendGatewayMessage } from 'websocket-gateway/client'`.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { toBase64 } from './base64.ts'
import { callOnce } from './control/call-once.ts'
import { type Address, call, remoteGateway, socketPath } from './control/client.ts'
import { GatewayError } from './control/gateway-error.ts'
import type { GatewayState } from './lifecycle.ts'
import type { Pushed } from './push.ts'
import type { StatusJson as Status } from './status.ts'

export type { GatewayState, Pushed, Status }
export { GatewayError }

export interface ClientOptions {
  /** The folder that holds the control sockets: `WS_CONTROL_DIR`, or `run`, when left out. */
  readonly controlDir?: string
  /** The control API over TCP instead (`WS_CONTROL_PORT`), such as `http://gateway:10126`. */
  readonly url?: string | URL
  /** For `url`: the gateway's `WS_CONTROL_TOKEN`; this process's variable of that name when left out. */
  readonly token?: string
  /** Gives up waiting for the answer, as in `fetch`. What was asked for may happen all the same. */
  readonly signal?: AbortSignal
}

export interface SendOptions extends ClientOptions {
  /**
   * What this push is called, 1 to 255 printable ASCII characters. Within five minutes a second push of the same name and
   * content is none: it gets the answer of the first. Give it when your own program may send it again; a new one is made
   * for each call when left out.
   */
  readonly idempotencyKey?: string
}

/** What is pushed. Every further key reaches the listener's `onMessage` as it is. */
export interface GatewayMessage {
  /** Text, a Buffer or Uint8Array for a binary message, or any other value, which goes as its JSON text. */
  message: unknown
  /** `base64`: `message` is base64 text and goes out as a binary message. */
  encoding?: 'base64'
  /**
   * The ids of those who get it. With `groups` and `users` it goes to all of them, and to nobody twice; to everyone when
   * all three are left out.
   */
  connections?: readonly string[]
  /** It goes to who is in one of these groups. */
  groups?: readonly string[]
  /** It goes to the connections of these users. */
  users?: readonly string[]
  /** The ids of those who do not get it. */
  except?: readonly string[]
  [key: string]: unknown
}

export type GatewayAction = 'start' | 'stop' | 'restart' | 'reload'

/**
 * Pushes a message. To keep an order, await each before the next. When the connection breaks before an answer comes, or a
 * proxy says that the gateway is away (502, 503, 504), it tries again, three times within some seconds, and the message is
 * pushed once: all tries have one `Idempotency-Key`.
 * @param id the gateway's id (`WS_GATEWAY_ID`)
 * @returns how many connections it was queued for; in a cluster those of the node that has answered, and how many `nodes`
 *   it went to
 * @throws GatewayError with the `status` and `detail` of the refusal, or without a status when no gateway is there
 */
export async function sendGatewayMessage(
  id: string,
  data: GatewayMessage,
  options: SendOptions = {},
): Promise<Pushed> {
  const { idempotencyKey: key = randomUUID(), signal } = options
  if (!/^(?! )[\x20-\x7e]{1,255}(?<! )$/.test(key)) {
    throw new TypeError(
      `idempotencyKey takes 1 to 255 printable ASCII characters, no blank at either end, got ${JSON.stringify(key)}`,
    )
  }
  const body = JSON.stringify(encoded(data))
  const { text } = await callOnce(addressOf(id, options), 'POST', '/push', { body, key, signal })
  return JSON.parse(text) as Pushed
}

/**
 * Starts, stops or restarts a gateway, or reloads its listener.
 * @returns its status after that; `note` says when there was nothing to do
 * @throws GatewayError, see `sendGatewayMessage`
 */
export async function gatewayAction(
  id: string,
  action: GatewayAction,
  options: ClientOptions = {},
): Promise<Status & { readonly note?: string }> {
  if (!['start', 'stop', 'restart', 'reload'].includes(action)) {
    throw new TypeError(`the action is start, stop, restart or reload, got ${JSON.stringify(action)}`)
  }
  return (await ask(id, 'POST', `/${action}`, options)) as Status & { readonly note?: string }
}

/**
 * The state of a gateway: `stopped`, `starting`, `running` or `stopping`.
 * @throws GatewayError, see `sendGatewayMessage`
 */
export async function gatewayState(id: string, options: ClientOptions = {}): Promise<GatewayState> {
  return ((await ask(id, 'GET', '/status', options)) as Status).state
}

async function ask(id: string, method: string, target: string, options: ClientOptions): Promise<unknown> {
  const { text } = await call(addressOf(id, options), method, target, { signal: options.signal })
  return JSON.parse(text)
}

function addressOf(id: string, { controlDir, url, token }: ClientOptions): Address {
  if (url !== undefined) return remoteGateway(url, token ?? (process.env.WS_CONTROL_TOKEN || null), id)
  return socketPath(controlDir ?? (process.env.WS_CONTROL_DIR || 'run'), id)
}

/** JSON has no bytes: they go as base64. */
function encoded(data: GatewayMessage): GatewayMessage {
  const message = data?.message
  if (!ArrayBuffer.isView(message)) return data
  return { ...data, message: toBase64(message), encoding: 'base64' }
}
