/** The other gateways of the control folder: which there are, and calls that are passed on to them. */
import { Agent, type IncomingMessage, request as send } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Problem } from '../problem.ts'
import { type Answer, type Call, ok, param } from './call.ts'
import { askNeighbour, askNeighbours, neighbourSocket } from './neighbours.ts'

/** These are of one hop alone (RFC 9110 §7.6.1), or have done their work. */
const OF_THIS_HOP = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
] as const
const DONE = ['authorization', 'gateway-id', 'host'] as const

/**
 * Each call has a connection of its own, but does not say so: a server that closes it right behind an early answer would
 * break off what the call still sends, and the answer would be lost (EPIPE).
 */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 })

export async function listGateways({ gateway }: Call): Promise<Answer> {
  const { controlDir, gatewayId } = gateway.settings
  const found = await askNeighbours(controlDir)
  const gateways = found.map(({ id, state, mode, port, connections, version }) => ({
    ...{ id, state, mode, port, connections, version },
    self: id === gatewayId,
  }))
  return ok({ gateways })
}

/** Passes a call on to another gateway of the same control folder, whatever it is, and its answer back. */
export async function passOn(call: Call): Promise<Answer> {
  const id = param(call, 'gateway')
  const rest = param(call, 'rest')
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) throw new Problem(404, `${JSON.stringify(id)} is no gateway's id`)
  // A call that goes from one to the next would go round in circles.
  if (rest.startsWith('gateways/')) throw new Problem(404, 'a call is passed on once')
  const { request, gateway } = call
  const { controlDir } = gateway.settings
  // The folder may hold sockets of other services, such as Docker's in /run, to which nobody has given the caller a key.
  const { state, version } = await askNeighbour(controlDir, id)
  if (state === 'dead') throw absent(id)
  if (version === undefined) throw new Problem(502, `gateway ${JSON.stringify(id)} cannot be asked: ${state}`)
  const [, search = ''] = /(\?.*)$/.exec(request.url ?? '') ?? []
  const answer = await ask(request, neighbourSocket(controlDir, id), `/${rest}${search}`, id)
  const status = answer.statusCode ?? 502
  return {
    status,
    async relay(response) {
      response.writeHead(status, without(answer.headers, OF_THIS_HOP))
      response.flushHeaders()
      await pipeline(answer, response)
    },
  }
}

function ask(
  request: IncomingMessage,
  socketPath: string,
  path: string,
  id: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = without(request.headers, [...OF_THIS_HOP, ...DONE])
    // Said for every method: node:http would send the body of some without a frame, and it would be read as a call.
    if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
    const passed = send({ socketPath, path, method: request.method, headers, agent }, resolve)
    // Of the connection: the request may be complete, and the answer closes only when it is its turn.
    const goneWith = (): void => void passed.destroy()
    if (request.socket.destroyed) goneWith()
    else request.socket.once('close', goneWith)
    passed.on('error', (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
      reject(
        isAbsent
          ? absent(id)
          : new Problem(502, `gateway ${JSON.stringify(id)} does not answer: ${error.message}`, {}, error),
      )
    })
    passed.once('close', () => {
      request.socket.off('close', goneWith)
      // Such as when it speaks another protocol than HTTP. Nothing happens here when it has answered.
      reject(new Problem(502, `gateway ${JSON.stringify(id)} has hung up`))
    })
    // Who waits for `100 Continue` sends nothing before the answer.
    passed.flushHeaders()
    request.pipe(passed)
  })
}

function absent(id: string): Problem {
  return new Problem(404, `no gateway ${JSON.stringify(id)} is there`)
}

function without(headers: IncomingMessage['headers'], names: readonly string[]): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}
