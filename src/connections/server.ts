/**
 * The public port: WebSocket upgrades, `GET /healthz`, the first page, and 426 for any other HTTP request; with TLS if
 * wanted.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { Admitted, Verdict } from '../admission/admission.ts'
import { plainAddress } from '../admission/networks.ts'
import { Problem } from '../problem.ts'
import { type Answer, destroyLater, lengthOf, problemAnswer, refuse } from './answers.ts'
import { DEFLATE, windowBits } from './deflate.ts'
import { handshakeFault, isHandshake } from './handshake-rules.ts'
import { splitTarget } from './request.ts'
import { ServerSocket } from './socket.ts'

/** What the public port asks of the gateway behind it. */
export interface PublicServerOptions {
  /** Undefined listens on all addresses, IPv6 and IPv4. */
  readonly host: string | undefined
  /** 0 takes a free one. */
  readonly port: number
  readonly maxPayloadBytes: number
  readonly maxHeaderBytes: number
  /** Whether permessage-deflate (RFC 7692) is offered. */
  readonly compression: boolean
  /** How long the TLS handshake, and then the request's head, may take; 0 is for ever. */
  readonly handshakeTimeoutMs: number
  /** How long ws may wait for the end of a closing handshake; a backstop behind the ClosingWatch. */
  readonly closeTimeoutMs: number
  /** Certificate and key; undefined speaks plain HTTP. */
  readonly tls: SecureContextOptions | undefined
  /** Whether `GET /healthz` is 200 or 503, and its body. */
  health(): { readonly ok: boolean; readonly body: object }
  /** The answer to a request for the first page or what belongs to it; undefined for any other request. */
  page(request: IncomingMessage): Answer | undefined
  /** The most TCP connections, so that they cannot take up all file descriptors; 0 is any number. */
  readonly maxSockets: number
  /**
   * Told of each TCP connection of an address: undefined when it is one too many, else what to do when it has closed.
   * Left undefined, nobody counts them.
   */
  readonly arrived: ((address: string) => (() => void) | undefined) | undefined
  /** Who gets in. `whenGone` is told what to do once the client's socket has closed. */
  admit(request: IncomingMessage, whenGone: (then: () => void) => void): Verdict | Promise<Verdict>
  opened(socket: ServerSocket, raw: Duplex, admitted: Admitted): void
  /** A fault that concerns no connection. */
  failed(error: Error): void
}

/** Connections that wait for being accepted; the kernel's own bound (somaxconn) may be lower. */
const BACKLOG = 4096

/** How exactly node:http looks at the time of unfinished requests. */
const CHECK_EVERY_MS = 500

/** A socket whose client has hung up is given up, also when nobody reads from it. What else has come stays in it. */
function giveUpWhenEnded(this: Duplex & { readonly _readableState?: { readonly ended?: boolean } }): void {
  if (this._readableState?.ended === true) this.destroy()
}

export class PublicServer {
  readonly #options: PublicServerOptions
  readonly #http: Server | TlsServer
  readonly #ws: WebSocketServer
  /** TCP connections whose TLS handshake is under way. */
  readonly #shaking = new Set<Socket>()
  #isClosed = false
  /** Handshakes that are being decided. */
  readonly #pending = new Set<Duplex>()
  /** What the handshake of a request has agreed on. */
  readonly #protocols = new WeakMap<IncomingMessage, string>()
  readonly #windows = new WeakMap<IncomingMessage, number>()

  constructor(options: PublicServerOptions) {
    this.#options = options
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.compression && DEFLATE,
      maxPayload: options.maxPayloadBytes,
      WebSocket: ServerSocket,
      // Connection.pong answers, as long as the client reads its answers.
      autoPong: false,
      handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
      // In ws since 8.19; its types do not know it yet.
      ...{ closeTimeout: options.closeTimeoutMs },
    })
    if (options.compression)
      this.#ws.on('headers', (headers, request) => this.#windows.set(request, windowBits(headers)))
    this.#http = this.#createServer((request, response) => {
      const { status, headers, body } = this.#answer(request)
      response.writeHead(status, { ...headers, ...lengthOf({ status, body }) })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
    if (options.maxSockets > 0) this.#http.maxConnections = options.maxSockets
    const { arrived } = options
    if (arrived !== undefined) {
      this.#http.on('connection', (socket: Socket) => {
        const whenClosed = arrived(plainAddress(socket.remoteAddress))
        if (whenClosed === undefined) socket.destroy()
        else socket.once('close', whenClosed)
      })
    }
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  #createServer(serve: (request: IncomingMessage, response: ServerResponse) => void): Server | TlsServer {
    const { handshakeTimeoutMs, maxHeaderBytes, tls } = this.#options
    const options: ServerOptions = {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    }
    if (tls === undefined) return createServer(options, serve)
    const handshake = handshakeTimeoutMs === 0 ? {} : { handshakeTimeout: handshakeTimeoutMs }
    const server = createTlsServer({ ...options, ...tls, ...handshake, minVersion: 'TLSv1.2' }, serve)
    // A handshake that fails is the client's fault, and its socket is gone; nobody else is concerned.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    server.on('connection', (socket: Socket) => {
      this.#shaking.add(socket)
      socket.once('close', () => this.#shaking.delete(socket))
    })
    server.on('secureConnection', (socket: TLSSocket & { readonly _parent?: Socket }) => {
      if (socket._parent !== undefined) this.#shaking.delete(socket._parent)
    })
    return server
  }

  /** Another certificate and key for those who come from here on; who is connected stays. */
  renewTls(tls: SecureContextOptions): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext({ ...tls, minVersion: 'TLSv1.2' })
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
    this.#isClosed = true
    this.#http.close()
    this.#http.closeAllConnections()
    // In the middle of a TLS handshake a socket is not yet one of node:http's.
    for (const socket of this.#shaking) socket.destroy()
    for (const socket of this.#pending) {
      refuse(socket, problemAnswer(new Problem(503, 'the gateway stops')))
    }
    this.#pending.clear()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without it, a reset in the middle of the handshake would end the process.
    const ended = (): void => void socket.destroy()
    socket.on('error', ended)
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      refuse(socket, this.#answer(request), request.method)
      return
    }
    if (this.#isClosed) {
      refuse(socket, problemAnswer(new Problem(503, 'the gateway stops')))
      return
    }
    const fault = handshakeFault(request)
    if (fault !== undefined) {
      refuse(socket, problemAnswer(new Problem(400, fault)))
      return
    }
    if (!isHandshake(request)) {
      // ws says what is wrong with it (400, 405 or 426). Whatever it should let through has not been asked for.
      this.#ws.handleUpgrade(request, socket, head, ws => ws.terminate())
      destroyLater(socket)
      return
    }
    try {
      const verdict = this.#options.admit(request, then => socket.once('close', then))
      if (verdict instanceof Promise) void this.#waitForVerdict(request, socket, head, verdict, ended)
      else this.#answerHandshake(request, socket, head, verdict, ended)
    } catch (error) {
      this.#failed(socket, error)
    }
  }

  async #waitForVerdict(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    verdict: Promise<Verdict>,
    ended: () => void,
  ): Promise<void> {
    try {
      this.#pending.add(socket)
      socket.once('close', () => this.#pending.delete(socket))
      // A socket that nobody reads does not notice that its client is gone, and would keep its place until then.
      socket.on('readable', giveUpWhenEnded)
      const decided = await verdict
      socket.off('readable', giveUpWhenEnded)
      // Otherwise it has been answered by close().
      if (this.#pending.delete(socket)) this.#answerHandshake(request, socket, head, decided, ended)
    } catch (error) {
      this.#failed(socket, error)
    }
  }

  /** A fault of the gateway's own costs one client its handshake, and nobody else anything. */
  #failed(socket: Duplex, error: unknown): void {
    this.#options.failed(error instanceof Error ? error : new Error(String(error)))
    refuse(socket, problemAnswer(new Problem(500, 'the gateway has a fault; see its log')))
  }

  #answerHandshake(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    verdict: Verdict,
    ended: () => void,
  ): void {
    if (verdict instanceof Problem) {
      refuse(socket, problemAnswer(verdict))
      return
    }
    if (verdict.protocol !== undefined) this.#protocols.set(request, verdict.protocol)
    this.#ws.handleUpgrade(request, socket, head, ws => {
      socket.off('error', ended)
      // The option WebSocket above makes it one.
      const server = ws as ServerSocket
      server.deflateBits = this.#windows.get(request) ?? 0
      if (server.deflateBits > 0) server.inflateOnlyWhenRead()
      this.#options.opened(server, socket, verdict)
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
    const page = this.#options.page(request)
    if (page !== undefined) return page
    return {
      status: 426,
      headers: { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Type': 'text/plain; charset=utf-8' },
      body: 'This port speaks WebSocket: connect with new WebSocket(url).\n',
    }
  }
}
