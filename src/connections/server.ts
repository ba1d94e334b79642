/** The public port: WebSocket upgrades, `GET /healthz`, and 426 for any other HTTP request. */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Problem } from '../problem.ts'
import { splitTarget } from './request.ts'
import { ServerSocket } from './socket.ts'

/** What the public port asks of the gateway behind it. */
export interface PublicServerOptions {
  /** Undefined listens on all addresses, IPv6 and IPv4. */
  readonly host: string | undefined
  /** 0 takes a free one. */
  readonly port: number
  readonly maxPayloadBytes: number
  /** How long ws may wait for the end of a closing handshake; a backstop behind the ClosingWatch. */
  readonly closeTimeoutMs: number
  /** Why nobody may come in now, or undefined. */
  refusal(): Problem | undefined
  /** Whether `GET /healthz` is 200 or 503, and its body. */
  health(): { readonly ok: boolean; readonly body: object }
  opened(socket: ServerSocket, raw: Duplex, request: IncomingMessage): void
  /** A fault that concerns no connection. */
  failed(error: Error): void
}

/** Connections that wait for being accepted; the kernel's own bound (somaxconn) may be lower. */
const BACKLOG = 4096

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export class PublicServer {
  readonly #options: PublicServerOptions
  readonly #http: Server
  readonly #ws: WebSocketServer

  constructor(options: PublicServerOptions) {
    this.#options = options
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxPayloadBytes,
      WebSocket: ServerSocket,
      // In ws since 8.19; its types do not know it yet.
      ...{ closeTimeout: options.closeTimeoutMs },
    })
    this.#http = createServer((request, response) => {
      const answer = this.#answer(request)
      response.writeHead(answer.status, answer.headers)
      response.end(request.method === 'HEAD' ? undefined : answer.body)
    })
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /**
   * Begins to listen.
   * @returns the port, which is another than asked for when that was 0
   * @throws the system's error when the port cannot be had
   */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen({ port, ...(host === undefined ? {} : { host }), backlog: BACKLOG }, () => {
        this.#http.off('error', reject)
        this.#http.on('error', error => this.#options.failed(error))
        // A TCP server's address is an object (it is a text for pipes only).
        resolve((this.#http.address() as AddressInfo).port)
      })
    })
  }

  /** Gives the port back, and ends plain HTTP connections and unfinished handshakes. WebSockets stay. */
  close(): void {
    this.#http.close()
    this.#http.closeAllConnections()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without it, a reset in the middle of the handshake would end the process.
    const ended = (): void => void socket.destroy()
    socket.on('error', ended)
    const refusal = this.#options.refusal()
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      refuse(socket, this.#answer(request))
      return
    }
    if (refusal !== undefined) {
      refuse(socket, problemAnswer(refusal))
      return
    }
    this.#ws.handleUpgrade(request, socket, head, ws => {
      socket.off('error', ended)
      // The option WebSocket above makes it one.
      this.#options.opened(ws as ServerSocket, socket, request)
    })
  }

  /** What a request gets that is no WebSocket upgrade. */
  #answer(request: IncomingMessage): Answer {
    const { path } = splitTarget(request.url ?? '/')
    if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')) {
      const { ok, body } = this.#options.health()
      return {
        status: ok ? 200 : 503,
        headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
        body: `${JSON.stringify(body)}\n`,
      }
    }
    return {
      status: 426,
      headers: { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Type': 'text/plain; charset=utf-8' },
      body: 'This port speaks WebSocket: connect with new WebSocket(url).\n',
    }
  }
}

function problemAnswer(problem: Problem): Answer {
  return {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '1' },
    body: JSON.stringify(problem),
  }
}

/** Answers on a socket that node:http has let go of, and closes it. */
function refuse(socket: Duplex, { status, headers, body }: Answer): void {
  const all = {
    ...headers,
    Connection: status === 426 ? 'Upgrade, close' : 'close',
    'Content-Length': Buffer.byteLength(body),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}
