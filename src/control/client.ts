/**
 * Calls of the control API, over its Unix socket or by its URL. The HTTP is written by hand over node:net, since node:http
 * alone takes as long to load as Node 24 takes to start, and `gateway push` may need half of that in all.
 */
import { connect, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { GatewayError, socketFault } from './gateway-error.ts'
import { type Reply, ReplyReader } from './reply.ts'

export { GatewayError, type Reply }

/** How long a connect is tried again when the gateway has more callers waiting than the system queues. */
const CROWDED_MS = 10_000
const RETRY_MS = 20
/** After so long without a word, the system looks whether the other side of a stream is still there. */
const KEEP_ALIVE_MS = 30_000

/** A control API over TCP. */
export interface RemoteGateway {
  /** `http:` or `https:`; a path in it stands before each route. */
  readonly url: URL
  readonly token: string | null
  /** The gateway that is meant, so that another one refuses; undefined is whichever is there. */
  readonly id?: string | undefined
}

/** Where a control API is: the path of its Unix socket, or its URL. */
export type Address = string | RemoteGateway

export interface CallOptions {
  /** The body, which is JSON. */
  readonly body?: string
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * The control socket of a gateway.
 * @throws GatewayError for an id that would lead out of the folder
 */
export function socketPath(controlDir: string, id: string): string {
  if (id === '' || /[/\0]/.test(id)) throw new GatewayError(`${JSON.stringify(id)} is no gateway's id`)
  return join(controlDir, `${id}.sock`)
}

/**
 * A control API over TCP.
 * @throws GatewayError for a URL, a token or an id that cannot be used
 */
export function remoteGateway(url: string | URL, token: string | null, id?: string): RemoteGateway {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new GatewayError(`the URL of a gateway's control API begins with http:// or https://, got ${url}`)
  }
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new GatewayError('a token has printable ASCII characters without blanks')
  }
  if (id !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(id))
    throw new GatewayError(`${JSON.stringify(id)} is no gateway's id`)
  return { url: parsed, token, id }
}

/** How an address is called where it is told. */
export function shown(address: Address): string {
  return typeof address === 'string' ? resolve(address) : address.url.origin
}

/**
 * Makes one call.
 * @throws GatewayError when it is refused or no answer comes
 */
export async function call(
  address: Address,
  method: string,
  target: string,
  { body, headers = {}, signal }: CallOptions = {},
): Promise<Reply> {
  const socket = await open(address, signal)
  const answered = readReply(socket, address)
  const entity = body === undefined ? '' : 'Content-Type: application/json\r\n'
  const length = body === undefined && method === 'GET' ? '' : `Content-Length: ${byteLength(body)}\r\n`
  const further = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${head(address, method, target)}${further.join('')}${entity}${length}\r\n${body ?? ''}`)
  return answered
}

/**
 * Reads an answer that goes on, part by part as it comes, for as long as it lasts or the caller reads on. A caller that
 * reads slowly slows down the gateway. Ends when the signal is aborted.
 * @throws GatewayError when it is refused, no answer comes, or it breaks off
 */
export async function* readStream(
  address: Address,
  target: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const parts: Buffer[] = []
  const reader = new ReplyReader(part => parts.push(part))
  let socket: Socket | undefined
  try {
    socket = await open(address, signal)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.write(`${head(address, 'GET', target)}Accept: text/event-stream\r\n\r\n`)
    for await (const bytes of socket) {
      const reply = reader.take(bytes)
      yield* parts.splice(0)
      if (reply === undefined) continue
      if (reply.status >= 300) throw refusal(reply)
      return
    }
    if (reader.end() === undefined) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' })
  } catch (error) {
    if (signal.aborted) return
    throw error instanceof GatewayError || !(error instanceof Error)
      ? error
      : socketFault(shown(address), error)
  } finally {
    socket?.destroy()
  }
}

/** A stream of pushes: one request that goes on for as long as lines come. */
export class PushStream {
  /** The gateway's answer, which may come before the end. Rejects like `call`. */
  readonly answered: Promise<Reply>
  readonly #socket: Socket
  #isAnswered = false

  private constructor(address: Address, socket: Socket) {
    this.#socket = socket
    this.answered = readReply(socket, address).finally(() => {
      this.#isAnswered = true
    })
    // Whoever awaits it hears of it.
    this.answered.catch(() => undefined)
  }

  static async open(address: Address): Promise<PushStream> {
    const socket = await open(address)
    socket.write(
      `${head(address, 'POST', '/push')}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    return new PushStream(address, socket)
  }

  /**
   * Writes a part of the lines.
   * @returns when there is room for more; false when the gateway has answered and takes no more
   */
  async write(part: string | Buffer): Promise<boolean> {
    const socket = this.#socket
    if (part.length === 0 || this.#isAnswered) return !this.#isAnswered
    socket.cork()
    socket.write(`${byteLength(part).toString(16)}\r\n`)
    socket.write(part)
    const hasRoom = socket.write('\r\n')
    socket.uncork()
    if (!hasRoom && !socket.destroyed) {
      await new Promise<void>(resolve => {
        const go = (): void => {
          socket.off('drain', go).off('close', go)
          resolve()
        }
        socket.on('drain', go).on('close', go)
      })
    }
    return !this.#isAnswered
  }

  /** There are no more lines. */
  end(): Promise<Reply> {
    if (!this.#isAnswered) this.#socket.write('0\r\n\r\n')
    return this.answered
  }
}

function head(address: Address, method: string, target: string): string {
  if (typeof address === 'string')
    return `${method} ${target} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n`
  const { url, token, id } = address
  const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`
  const meant = id === undefined ? '' : `Gateway-Id: ${id}\r\n`
  const path = url.pathname.replace(/\/$/, '') + target
  return `${method} ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n${authorization}${meant}`
}

function byteLength(part: string | Buffer | undefined): number {
  return part === undefined ? 0 : Buffer.byteLength(part)
}

/** Connects. A queue of callers that is full at the moment (EAGAIN), and a gateway that comes up, are waited for. */
async function open(address: Address, signal?: AbortSignal): Promise<Socket> {
  const end = Date.now() + CROWDED_MS
  for (;;) {
    const socket = await dial(address, signal)
    const error = await new Promise<NodeJS.ErrnoException | undefined>(done => {
      socket.once('error', done)
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        socket.off('error', done)
        done(undefined)
      })
    })
    if (error === undefined) return socket
    const fault = socketFault(shown(address), error)
    const isLocal = typeof address === 'string'
    const mayCome = isLocal && fault.isAbsent && (await import('./coming-up.ts')).isComingUp()
    if (!mayCome && (error.code !== 'EAGAIN' || Date.now() > end)) throw fault
    await new Promise(done => setTimeout(done, RETRY_MS))
  }
}

async function dial(address: Address, signal: AbortSignal | undefined): Promise<Socket> {
  const abort = signal === undefined ? {} : { signal }
  if (typeof address === 'string') return connect({ path: address, ...abort })
  const { protocol, hostname, port } = address.url
  // An IPv6 address stands in brackets in a URL, and nowhere else.
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol === 'http:') return connect({ host, port: Number(port || 80), ...abort })
  const { connect: connectTls } = await import('node:tls')
  return connectTls({ host, port: Number(port || 443), servername: host, ...abort })
}

/** Reads the answer, then hangs up. */
function readReply(socket: Socket, address: Address): Promise<Reply> {
  const reader = new ReplyReader()
  return new Promise<Reply>((done, fail) => {
    const settle = (reply: Reply | undefined): void => {
      if (reply === undefined) return
      if (reply.status >= 200 && reply.status < 300) done(reply)
      else fail(refusal(reply))
      socket.destroy()
    }
    socket.on('data', bytes => {
      try {
        settle(reader.take(bytes))
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined)
      }
    })
    socket.on('end', () => settle(reader.end()))
    socket.on('error', error => fail(socketFault(shown(address), error)))
    // Nothing happens here when it is settled already.
    socket.on('close', () =>
      fail(socketFault(shown(address), Object.assign(new Error('closed'), { code: 'ECONNRESET' }))),
    )
  })
}

/** A refusal, with what its problem document says. */
function refusal({ status, text }: Reply): GatewayError {
  let problem: Record<string, unknown> = {}
  try {
    problem = { ...JSON.parse(text) }
  } catch (error) {
    return new GatewayError(`the gateway answered with ${status}`, { status, cause: error })
  }
  const { detail } = problem
  return new GatewayError(typeof detail === 'string' ? detail : `the gateway answered with ${status}`, {
    status,
    problem,
  })
}
