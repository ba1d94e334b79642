/** A gateway that cases are tried on, through its control socket or over TCP. */
import type { GatewayProcess } from '../../support/gateway.ts'
import { type Answer, ask, type Door, type Question } from './ask.ts'

export class Stage {
  readonly process: GatewayProcess
  readonly door: Door
  readonly #gatewayId: string

  constructor(process: GatewayProcess, gatewayId = 'websocket', socketPath = process.socket) {
    this.process = process
    this.door = { socketPath }
    this.#gatewayId = gatewayId
  }

  /** The way over TCP, from an address of its own. */
  async tcp(localAddress?: string): Promise<Door> {
    const { port } = await this.process.event('control.listen')
    return { port: Number(port), ...(localAddress !== undefined && { localAddress }) }
  }

  call(method: string, path: string, asked: Question = {}): Promise<Answer> {
    const headers = { 'gateway-id': this.#gatewayId, ...asked.headers }
    return ask(this.door, method, path, { ...asked, headers })
  }

  get(path: string, asked?: Question): Promise<Answer> {
    return this.call('GET', path, asked)
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
    return this.call('POST', path, {
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    })
  }

  put(path: string, body?: unknown): Promise<Answer> {
    return this.call(
      'PUT',
      path,
      body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) },
    )
  }

  delete(path: string): Promise<Answer> {
    return this.call('DELETE', path)
  }
}
