/**
 * Calls of the control API over its Unix socket. The HTTP is written by hand over node:net, since node:http
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

export interface CallOptions {
  /** The body, which is JSON. */
  readonly body?: string
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
 * Makes one call.
 * @throws GatewayError when it is refused or no answer comes
 */
export async function call(
  path: string,
  method: string,
  target: string,
  { body, signal }: CallOptions = {},
): Promise<Reply> {
  const socket = await open(path, signal)
  const answered = readReply(socket, path)
  const entity = body === undefined ? '' : 'Content-Type: application/json\r\n'
  const length = body === undefined && method === 'GET' ? '' : `Content-Length: ${byteLength(body)}\r\n`
  socket.write(`${head(method, target)}${entity}${length}\r\n${body ?? ''}`)
  return answered
}

/** A stream of pushes: one request that goes on for as long as lines come. */
export class PushStream {
  /** The gateway's answer, which may come before the end. Rejects like `call`. */
  readonly answered: Promise<Reply>
  readonly #socket: Socket
  #isAnswered = false

  private constructor(path: string, socket: Socket) {
    this.#socket = socket
    this.answered = readReply(socket, path).finally(() => {
      this.#isAnswered = true
    })
    // Whoever awaits it hears of it.
    this.answered.catch(() => undefined)
  }

  static async open(path: string): Promise<PushStream> {
    const socket = await open(path)
    socket.write(
      `${head('POST', '/push')}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    return new PushStream(path, socket)
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

function head(method: string, target: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n`
}

function byteLength(part: string | Buffer | undefined): number {
  return part === undefined ? 0 : Buffer.byteLength(part)
}

/** Connects. A queue of callers that is full at the moment (EAGAIN), and a gateway that comes up, are waited for. */
async function open(path: string, signal?: AbortSignal): Promise<Socket> {
  const end = Date.now() + CROWDED_MS
  for (;;) {
    const socket = connect(signal === undefined ? { path } : { path, signal })
    const error = await new Promise<NodeJS.ErrnoException | undefined>(done => {
      socket.once('error', done)
      socket.once('connect', () => {
        socket.off('error', done)
        done(undefined)
      })
    })
    if (error === undefined) return socket
    const fault = socketFault(resolve(path), error)
    const mayCome = fault.isAbsent && (await import('./coming-up.ts')).isComingUp()
    if (!mayCome && (error.code !== 'EAGAIN' || Date.now() > end)) throw fault
    await new Promise(done => setTimeout(done, RETRY_MS))
  }
}

/** Reads the answer, then hangs up. */
function readReply(socket: Socket, path: string): Promise<Reply> {
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
    socket.on('error', error => fail(socketFault(resolve(path), error)))
    // Nothing happens here when it is settled already.
    socket.on('close', () =>
      fail(socketFault(resolve(path), Object.assign(new Error('closed'), { code: 'ECONNRESET' }))),
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
