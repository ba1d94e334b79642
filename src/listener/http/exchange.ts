/** One request to the application and its reply, over connections that are kept alive. */
import { connect } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import type { ApplicationAddress } from '../../config/listener-place.ts'
import { ReplyFault } from './faults.ts'
import { networkFault } from './network-fault.ts'

/** What came back, whatever it says. */
export interface Reply {
  readonly status: number
  /** Its media type, or ''. */
  readonly type: string
  readonly encoding: string | undefined
  /** Where it redirects to. */
  readonly location: string | undefined
  readonly body: Buffer
  /** Whether its body had a length or chunks; else the connection's end has ended it, whatever that was (RFC 9112 §6.3). */
  readonly isFramed: boolean
}

/** A request that is under way. */
export interface UnderWay {
  /** Rejects with Unreachable, ReplyFault, or what `giveUp` was told. */
  readonly reply: Promise<Reply>
  /** Whether it has got a connection. */
  readonly isConnected: boolean
  /** It is not known then what has become of it. */
  giveUp(reason: Error): void
}

export interface ExchangeOptions {
  readonly address: ApplicationAddress
  /** The most connections. */
  readonly connections: number
  /** How long making a connection may take. */
  readonly connectTimeoutMs: number
  /** The largest body of a reply. */
  readonly maxReplyBytes: number
  readonly userAgent: string
}

export class Exchange {
  readonly #options: ExchangeOptions
  readonly #pool: Pool

  constructor(options: ExchangeOptions) {
    const { address, connections, connectTimeoutMs } = options
    const socketPath = address.socketPath === undefined ? {} : { socketPath: address.socketPath }
    this.#options = options
    this.#pool = new Pool(address.origin, {
      connections,
      connect: { timeout: connectTimeoutMs, ...socketPath },
      // The event's own time limit counts.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  post(headers: Readonly<Record<string, string>>, body: string): UnderWay {
    const { address, maxReplyBytes, userAgent } = this.#options
    const handler = new ReplyHandler(maxReplyBytes)
    this.#pool.dispatch(
      {
        method: 'POST',
        path: address.target,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': userAgent,
          ...headers,
        },
        body,
      },
      handler,
    )
    return handler
  }

  /**
   * Sees whether somebody listens where the application should be.
   * @param ms how long making a connection may take
   * @throws Unreachable
   */
  probe(ms: number): Promise<void> {
    const { origin, socketPath } = this.#options.address
    const { hostname, port, protocol } = new URL(origin)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const to =
      socketPath === undefined
        ? { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
        : { path: socketPath }
    return new Promise((resolve, reject) => {
      const socket = connect(to)
      const fail = (error: Error): void => {
        socket.destroy()
        reject(networkFault(error))
      }
      socket.setTimeout(ms, () => fail(new Error(`no connection within ${Math.round(ms)} ms`)))
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.destroy()
        resolve()
      })
    })
  }

  /** Ends all connections; what is under way is given up. */
  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

class ReplyHandler implements Dispatcher.DispatchHandler, UnderWay {
  readonly reply: Promise<Reply>
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  // Both are set by the promise's executor, which runs at once.
  #resolve!: (reply: Reply) => void
  #reject!: (error: Error) => void
  #bytes = 0
  #head: Omit<Reply, 'body'> = {
    status: 0,
    type: '',
    encoding: undefined,
    location: undefined,
    isFramed: true,
  }
  #controller: Dispatcher.DispatchController | undefined
  #given: Error | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isConnected(): boolean {
    return this.#controller !== undefined
  }

  /** It may still be waiting for a connection; then it is ended when it has got one. */
  giveUp(reason: Error): void {
    this.#given = reason
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#given !== undefined) controller.abort(this.#given)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx is followed by the answer itself.
    if (status < 200) return
    const { 'content-length': length, 'transfer-encoding': coding } = headers
    this.#head = {
      status,
      type: String(headers['content-type'] ?? ''),
      encoding: single(headers['content-encoding']),
      location: single(headers.location),
      isFramed: status === 204 || length !== undefined || /\bchunked\b/i.test(String(coding)),
    }
    this.#limit(controller, Number(length ?? 0))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#chunks.push(chunk)
    this.#limit(controller, this.#bytes)
  }

  onResponseEnd(): void {
    const [first] = this.#chunks
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    this.#resolve({ ...this.#head, body })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#reject(error instanceof ReplyFault ? error : networkFault(error))
  }

  #limit(controller: Dispatcher.DispatchController, bytes: number): void {
    if (bytes <= this.#maxBytes) return
    controller.abort(
      new ReplyFault(
        `the answer has ${bytes} bytes or more, and at most ${this.#maxBytes} are taken (WS_MAX_PAYLOAD_BYTES)`,
      ),
    )
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header)
}
