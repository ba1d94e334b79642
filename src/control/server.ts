/** The control API: HTTP/1.1 with JSON on a Unix socket. Every error is a problem document (RFC 9457). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import { splitTarget } from '../connections/request.ts'
import type { Gateway } from '../gateway.ts'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { type Answer, route } from './routes.ts'
import { listenOn, type SocketFile } from './socket-file.ts'

/** How long a client may go on sending a body after its answer, so that it gets to read the answer. */
const LINGER_MS = 10_000

export class ControlServer {
  readonly #gateway: Gateway
  readonly #log: Logger
  readonly #http: Server
  #file: SocketFile | undefined

  constructor(gateway: Gateway, log: Logger) {
    this.#gateway = gateway
    this.#log = log
    this.#http = createServer(
      // A stream of pushes may last for days.
      { requestTimeout: 0, keepAliveTimeout: 60_000 },
      (request, response) => void this.#serve(request, response),
    )
    this.#http.on('checkContinue', (request, response) => void this.#serve(request, response, true))
  }

  /** @throws ControlSocketError with one clear line */
  async listen(): Promise<void> {
    const { controlDir, gatewayId, controlMode, controlGid } = this.#gateway.settings
    const path = join(resolve(controlDir), `${gatewayId}.sock`)
    this.#file = await listenOn(this.#http, { path, mode: controlMode, gid: controlGid })
    this.#http.on('error', error =>
      this.#log.error({ event: 'error', err: error }, 'the control server has a fault'),
    )
  }

  /** Takes no more calls, and removes the socket's file. */
  close(): void {
    this.#file?.remove()
    this.#file = undefined
    this.#http.close()
    this.#http.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse, asksToContinue = false): Promise<void> {
    const { path, query } = splitTarget(request.url ?? '/')
    const method = request.method ?? ''
    request.on('error', error =>
      this.#log.debug({ event: 'control.call', method, path, err: error }, 'call broken off'),
    )
    try {
      const { handle, id } = route(method, path)
      if (asksToContinue && !isHuge(request, this.#gateway.settings.maxPayloadBytes)) response.writeContinue()
      const call = { gateway: this.#gateway, request, query: new URLSearchParams(query), id, log: this.#log }
      const answer = await handle(call)
      this.#send(request, response, answer, 'application/json')
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

  #fail(request: IncomingMessage, response: ServerResponse, path: string, error: unknown): void {
    const problem =
      error instanceof Problem ? error : new Problem(500, 'the gateway has a fault; see its log')
    const fields = { event: 'control.call', method: request.method, path, status: problem.status }
    if (problem === error) this.#log.info({ ...fields, detail: problem.detail }, 'control call refused')
    else this.#log.error({ ...fields, event: 'error', err: error }, 'a control call failed')
    const { allow, ...members } = problem.members
    if (Array.isArray(allow)) response.setHeader('Allow', allow.join(', '))
    if (problem.status === 503) response.setHeader('Retry-After', '1')
    const body = new Problem(problem.status, problem.detail, members)
    this.#send(request, response, { status: problem.status, body }, 'application/problem+json')
  }

  #send(request: IncomingMessage, response: ServerResponse, answer: Answer, type: string): void {
    const text = `${JSON.stringify(answer.body)}\n`
    response.writeHead(answer.status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
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
