/**
 * The control API: HTTP/1.1 with JSON, on a Unix socket, and over TCP where a token is set. Every error is a problem
 * document (RFC 9457).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { addressKey, plainAddress } from '../admission/networks.ts'
import { splitTarget } from '../connections/request.ts'
import type { Gateway } from '../gateway.ts'
import { listenFault } from '../listen-fault.ts'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import type { Answer, EventAnswer, RelayedAnswer } from './call.ts'
import { EventStreams } from './event-streams.ts'
import { Guard } from './guard.ts'
import { answerNoHttp } from './no-http.ts'
import { Places } from './places.ts'
import { isOpenToAll, route } from './routes.ts'
import { ControlSocketError, listenOn, type SocketFile } from './socket-file.ts'

/** How long a client may go on sending a body after its answer, so that it gets to read the answer. */
const LINGER_MS = 10_000
/** How long a stranger may take to send a request's head, over TCP. */
const HEAD_MS = 10_000
/** So many calls search the log at a time. */
const MOST_SEARCHES = 4

export class ControlServer {
  readonly #gateway: Gateway
  readonly #log: Logger
  readonly #http: Server
  #tcp: Server | undefined
  #file: SocketFile | undefined
  readonly #events: EventStreams
  readonly #searches = new Places(MOST_SEARCHES, 'search the log')

  constructor(gateway: Gateway, log: Logger) {
    this.#gateway = gateway
    this.#log = log
    this.#events = new EventStreams(log)
    this.#http = this.#create(undefined)
  }

  /** @throws ControlSocketError with one clear line */
  async listen(): Promise<void> {
    const { controlDir, gatewayId, controlMode, controlGid } = this.#gateway.settings
    const path = join(resolve(controlDir), `${gatewayId}.sock`)
    this.#file = await listenOn(this.#http, { path, mode: controlMode, gid: controlGid })
    this.#watch(this.#http)
    await this.#listenOverTcp()
  }

  /** Takes no more calls, and removes the socket's file. */
  close(): void {
    this.#file?.remove()
    this.#file = undefined
    this.#events.end()
    for (const server of [this.#http, this.#tcp]) {
      server?.close()
      server?.closeAllConnections()
    }
  }

  async #listenOverTcp(): Promise<void> {
    const { controlPort: port, controlHost: host, controlToken: token } = this.#gateway.settings
    // A port without a token does not get past the configuration.
    if (port === null || token === null) return
    const server = this.#create(new Guard(token))
    this.#tcp = server
    await new Promise<void>((done, fail) => {
      server.once('error', error =>
        fail(new ControlSocketError(`the control API ${listenFault(host, port, error, 'WS_CONTROL_HOST')}`)),
      )
      server.listen({ port, host }, done)
    })
    this.#watch(server)
    // A TCP server's address is an object.
    const actual = (server.address() as AddressInfo).port
    this.#gateway.controlPort = actual
    this.#log.info(
      { event: 'control.listen', host, port: actual },
      `the control API listens on ${host} port ${actual}`,
    )
  }

  #create(guard: Guard | undefined): Server {
    const serve = (request: IncomingMessage, response: ServerResponse, asksToContinue = false): void => {
      if (guard === undefined) void this.#serve(request, response, asksToContinue)
      else void this.#serveGuarded(guard, request, response, asksToContinue)
    }
    const server = createServer(
      // A stream of pushes may last for days.
      {
        requestTimeout: 0,
        keepAliveTimeout: 60_000,
        headersTimeout: HEAD_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => serve(request, response),
    )
    server.on('checkContinue', (request, response) => serve(request, response, true))
    answerNoHttp(server)
    return server
  }

  #watch(server: Server): void {
    server.on('error', error =>
      this.#log.error({ event: 'error', err: error }, 'the control server has a fault'),
    )
  }

  /** A call over TCP: nothing of it is looked at before its token, but for the console's own files. */
  async #serveGuarded(
    guard: Guard,
    request: IncomingMessage,
    response: ServerResponse,
    asksToContinue: boolean,
  ): Promise<void> {
    const { path } = splitTarget(request.url ?? '/')
    if (isOpenToAll(request.method, path) || guard.allows(request.headers.authorization))
      return this.#serve(request, response, asksToContinue)
    const ip = plainAddress(request.socket.remoteAddress)
    request.on('error', error =>
      this.#log.debug({ event: 'control.call', ip, err: error }, 'call broken off'),
    )
    const isAnswered = await guard.failed(addressKey(ip))
    if (response.destroyed) return
    // Whatever else is sent on this connection is not read.
    response.setHeader('Connection', 'close')
    const problem = isAnswered
      ? new Problem(401, 'takes Authorization: Bearer and the token of WS_CONTROL_TOKEN')
      : new Problem(429, 'too many calls with a wrong token; wait')
    if (isAnswered) response.setHeader('WWW-Authenticate', 'Bearer')
    this.#fail(request, response, path, problem, ip)
  }

  async #serve(request: IncomingMessage, response: ServerResponse, asksToContinue = false): Promise<void> {
    const { path, query } = splitTarget(request.url ?? '/')
    const method = request.method ?? ''
    request.on('error', error =>
      this.#log.debug({ event: 'control.call', method, path, err: error }, 'call broken off'),
    )
    try {
      this.#refuseIfMeantForAnother(request)
      const { handle, params } = route(method, path)
      if (asksToContinue && !isHuge(request, this.#gateway.settings.maxPayloadBytes)) response.writeContinue()
      const call = {
        gateway: this.#gateway,
        request,
        query: new URLSearchParams(query),
        params,
        log: this.#log,
        searches: this.#searches,
      }
      const answer = await handle(call)
      if ('stream' in answer) await this.#events.serve(request, response, answer)
      else if ('relay' in answer) await this.#relay(response, answer)
      else this.#send(request, response, answer, 'application/json')
      // Reads, which a health check makes every few seconds, and pushes, which have a line of their own, are no news.
      this.#log[method === 'GET' || method === 'HEAD' || path === '/push' ? 'debug' : 'info'](
        { event: 'control.call', method, path, status: answer.status },
        'control call',
      )
    } catch (error) {
      if (request.destroyed && !request.complete) return
      this.#fail(request, response, path, error)
    }
  }

  /** A client may say which gateway it means; behind a URL or a proxy it could be another one. */
  #refuseIfMeantForAnother(request: IncomingMessage): void {
    const meant = request.headers['gateway-id']
    const { gatewayId } = this.#gateway.settings
    if (meant === undefined || meant === gatewayId) return
    throw new Problem(
      404,
      `there is no gateway ${JSON.stringify(meant)} here; this is ${JSON.stringify(gatewayId)}`,
    )
  }

  #fail(request: IncomingMessage, response: ServerResponse, path: string, error: unknown, ip?: string): void {
    const problem =
      error instanceof Problem ? error : new Problem(500, 'the gateway has a fault; see its log')
    const { status } = problem
    const fields = { event: 'control.call', method: request.method, path, status, ...(ip && { ip }) }
    if (problem === error)
      this.#log[status === 429 ? 'debug' : 'info'](
        { ...fields, detail: problem.detail },
        'control call refused',
      )
    else this.#log.error({ ...fields, event: 'error', err: error }, 'a control call failed')
    const { allow, ...members } = problem.members
    if (Array.isArray(allow)) response.setHeader('Allow', allow.join(', '))
    if (status === 503 || status === 429) response.setHeader('Retry-After', '1')
    const body = new Problem(status, problem.detail, members)
    this.#send(request, response, { status, body }, 'application/problem+json')
  }

  async #relay(response: ServerResponse, { relay }: RelayedAnswer): Promise<void> {
    try {
      await relay(response)
    } catch (error) {
      this.#log.debug({ event: 'control.call', err: error }, 'an answer that was passed on broke off')
      response.destroy()
    }
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    answer: Exclude<Answer, EventAnswer | RelayedAnswer>,
    standardType: string,
  ): void {
    const [text, type] =
      'text' in answer ? [answer.text, answer.type] : [`${JSON.stringify(answer.body)}\n`, standardType]
    response.writeHead(answer.status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      ...answer.headers,
    })
    if (request.method === 'HEAD') response.end()
    else if (request.complete) response.end(text)
    else {
      // The answer is out, but the connection stays until the request is over, whose rest is read and thrown
      // away: a client that is cut off while it sends sees a broken pipe instead of the answer.
      response.write(text)
      request.resume()
      const late = setTimeout(() => request.destroy(), LINGER_MS)
      request.once('end', () => response.end())
      request.once('close', () => {
        clearTimeout(late)
        response.end()
      })
    }
  }
}

function isHuge(request: IncomingMessage, maxPayloadBytes: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > 2 * maxPayloadBytes + 64 * 1024
}
