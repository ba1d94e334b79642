/** The routes of the control API. */
import type { IncomingMessage } from 'node:http'
import { CLOSE, closeFault } from '../connections/close-codes.ts'
import type { ClientConnection } from '../connections/connection.ts'
import { ageOf } from '../connections/id.ts'
import type { Gateway } from '../gateway.ts'
import type { Change } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { readBody } from './body.ts'
import { push } from './push-route.ts'

/** One call, as a route sees it. */
export interface Call {
  readonly gateway: Gateway
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** The variable part of the path, decoded. */
  readonly id: string
  readonly log: Logger
}

/** What a call is answered with. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

type Handler = (call: Call) => Answer | Promise<Answer>

const PAGE = { default: 100, most: 1000 }

const ok = (body: unknown): Answer => ({ status: 200, body })

const change =
  (what: (gateway: Gateway) => Promise<Change>): Handler =>
  async ({ gateway }) => {
    const { note } = await what(gateway)
    return ok(note === undefined ? gateway.status() : { ...gateway.status(), note })
  }

const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/push': {
    POST: async ({ gateway, request, log }) => ok(await push(gateway, request, log)),
  },
  '/start': { POST: change(gateway => gateway.lifecycle.start()) },
  '/stop': { POST: change(gateway => gateway.lifecycle.stop()) },
  '/restart': { POST: change(gateway => gateway.lifecycle.restart()) },
  '/reload': {
    POST: async ({ gateway }) => {
      await gateway.reload()
      return ok(gateway.status())
    },
  },
  '/status': { GET: ({ gateway }) => ok(gateway.status()) },
  '/health': {
    GET: ({ gateway }) => {
      const health = gateway.health()
      return { status: health.status === 'fail' ? 503 : 200, body: health }
    },
  },
  '/connections': { GET: listConnections },
  '/connections/:id': {
    GET: call => ok(find(call).toJSON()),
    DELETE: closeConnection,
  },
  '/connections/:id/token': { PUT: renewToken },
}

/**
 * Finds the route of a call.
 * @throws Problem 404 for an unknown path, 405 (its `allow` says what is taken) for another method
 */
export function route(method: string, path: string): { readonly handle: Handler; readonly id: string } {
  const match = /^\/connections\/([^/]+)(\/token)?$/.exec(path)
  const id = match?.[1] === undefined ? '' : decode(match[1])
  const name = match === null ? path : `/connections/:id${match[2] ?? ''}`
  const methods = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (methods === undefined) {
    throw new Problem(404, `there is no ${path} here; there are ${Object.keys(routes).join(', ')}`)
  }
  const handle = methods[method === 'HEAD' ? 'GET' : method]
  if (handle !== undefined) return { handle, id }
  const allow = Object.keys(methods).flatMap(known => (known === 'GET' ? ['GET', 'HEAD'] : [known]))
  throw new Problem(405, `${path} takes ${allow.join(', ')}, got ${method}`, { allow })
}

function listConnections({ gateway, query }: Call): Answer {
  const limitText = query.get('limit') ?? String(PAGE.default)
  const limit = Number(limitText)
  if (!/^\d{1,6}$/.test(limitText) || limit < 1 || limit > PAGE.most) {
    throw new Problem(
      400,
      `limit takes a whole number from 1 to ${PAGE.most}, got ${JSON.stringify(limitText)}`,
    )
  }
  const after = query.get('after') ?? undefined
  if (after !== undefined && ageOf(after) === undefined) {
    throw new Problem(
      400,
      `after takes the id that the page before gave as "next", got ${JSON.stringify(after)}`,
    )
  }
  const { connections, isLast } = gateway.connections.page(limit, after)
  return ok(isLast ? { connections } : { connections, next: connections.at(-1)?.id })
}

function closeConnection(call: Call): Answer {
  const connection = find(call)
  const codeText = call.query.get('code')
  const code = codeText === null ? CLOSE.normal : /^\d{4}$/.test(codeText) ? Number(codeText) : codeText
  const reason = call.query.get('reason') ?? ''
  const fault = closeFault(code, reason)
  if (fault !== undefined || typeof code !== 'number') throw new Problem(400, fault ?? 'code takes a number')
  connection.close(code, reason)
  return ok({ id: connection.id, code, reason })
}

/** The longest token that is read, in bytes. */
const LONGEST_TOKEN = 64 * 1024

/** @throws Problem 400 that, unlike JSON.parse's own, repeats nothing of what may be a token */
function parseToken(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Problem(400, 'takes a JSON object with a "token", and got no JSON')
    throw error
  }
}

async function renewToken(call: Call): Promise<Answer> {
  const connection = find(call)
  const body = parseToken(await readBody(call.request, LONGEST_TOKEN))
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'token')) {
    throw new Problem(400, 'takes a JSON object with a "token"')
  }
  await call.gateway.clients.renewToken(connection, Reflect.get(body, 'token'))
  const { id, expiresAt } = connection
  return ok({ id, expiresAt: expiresAt === Infinity ? null : new Date(expiresAt) })
}

function find({ gateway, id }: Call): ClientConnection {
  const connection = gateway.connections.get(id)
  if (connection === undefined) throw new Problem(404, `no connection ${JSON.stringify(id)} is open here`)
  return connection
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw new Problem(400, `the path is not URL-encoded properly: ${part}`, {}, error)
  }
}
