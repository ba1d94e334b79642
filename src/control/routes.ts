/** The routes of the control API. */
import type { Gateway } from '../gateway.ts'
import type { Change } from '../lifecycle.ts'
import { Problem } from '../problem.ts'
import { type Handler, ok } from './call.ts'
import {
  closeConnection,
  closeUser,
  listConnections,
  renewToken,
  showConnection,
} from './connection-routes.ts'
import { consoleFile } from './console-routes.ts'
import { watchStatus } from './event-routes.ts'
import { listGateways, passOn } from './gateway-routes.ts'
import { listGroups, listMembers, moveConnection, moveUser } from './group-routes.ts'
import { followLog, listLogLines } from './log-routes.ts'
import { showMetrics } from './metrics-route.ts'
import { actOn, listNodes, showNode } from './node-routes.ts'
import { showOpenApi } from './openapi-route.ts'
import { push } from './push-route.ts'
import { trace } from './trace-route.ts'

const change =
  (what: (gateway: Gateway) => Promise<Change>): Handler =>
  async ({ gateway }) => {
    const { note } = await what(gateway)
    return ok(note === undefined ? gateway.status() : { ...gateway.status(), note })
  }

const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': { GET: consoleFile('console.html', 'text/html') },
  '/console.js': { GET: consoleFile('console.js', 'text/javascript') },
  '/console.css': { GET: consoleFile('console.css', 'text/css') },
  '/push': { POST: push },
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
  '/events': { GET: watchStatus },
  '/metrics': { GET: showMetrics },
  '/health': {
    GET: ({ gateway }) => {
      const health = gateway.health()
      return { status: health.status === 'fail' ? 503 : 200, body: health }
    },
  },
  '/openapi.json': { GET: showOpenApi },
  '/connections': { GET: listConnections },
  '/connections/:id': { GET: showConnection, DELETE: closeConnection },
  '/connections/:id/token': { PUT: renewToken },
  '/groups': { GET: listGroups },
  '/groups/:group/members': { GET: listMembers },
  '/groups/:group/connections/:id': { PUT: moveConnection('join'), DELETE: moveConnection('leave') },
  '/groups/:group/users/:user': { PUT: moveUser('join'), DELETE: moveUser('leave') },
  '/users/:user': { DELETE: closeUser },
  '/logs': { GET: listLogLines },
  '/logs/events': { GET: followLog },
  '/trace': { GET: trace },
  '/nodes': { GET: listNodes },
  '/nodes/:node/status': { GET: showNode },
  '/nodes/:node/stop': { POST: actOn('stop') },
  '/nodes/:node/restart': { POST: actOn('restart') },
  '/nodes/:node/reload': { POST: actOn('reload') },
  '/gateways': { GET: listGateways },
  '/gateways/:gateway/*': { GET: passOn, POST: passOn, PUT: passOn, DELETE: passOn },
}

/** What holds no secret, and is needed before a token can be asked for. */
const OPEN_TO_ALL = ['/', '/console.js', '/console.css']

/** Whether a call needs no token, over TCP. */
export function isOpenToAll(method: string | undefined, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && OPEN_TO_ALL.includes(path)
}

/** All that can be asked for, such as `GET /status`. Each GET may be a HEAD as well. */
export const operations: readonly string[] = Object.entries(routes).flatMap(([path, methods]) =>
  Object.keys(methods).map(method => `${method} ${path}`),
)

const patterns = Object.entries(routes).map(([name, methods]) => ({ parts: name.split('/'), methods }))

/** The handler of a call, and the variable parts of its path. */
export interface Route {
  readonly handle: Handler
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the route of a call.
 * @throws Problem 404 for an unknown path, 405 (its `allow` says what is taken) for another method
 */
export function route(method: string, path: string): Route {
  const parts = path.split('/')
  const found = patterns.find(pattern => fits(pattern.parts, parts))
  if (found === undefined) {
    throw new Problem(404, `there is no ${path} here; there are ${Object.keys(routes).join(', ')}`)
  }
  const { methods } = found
  const known = method === 'HEAD' ? 'GET' : method
  const handle = Object.hasOwn(methods, known) ? methods[known] : undefined
  if (handle === undefined) {
    const allow = Object.keys(methods).flatMap(name => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
    throw new Problem(405, `${path} takes ${allow.join(', ')}, got ${method}`, { allow })
  }
  const params = found.parts.flatMap((part, i) => {
    if (part === '*') return [['rest', parts.slice(i).join('/')]]
    return part.startsWith(':') ? [[part.slice(1), decode(parts[i] ?? '')]] : []
  })
  return { handle, params: Object.fromEntries(params) }
}

/** A variable part takes anything but nothing; a star takes all that is left, as it is. */
function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  return (
    (isOpen ? parts.length >= pattern.length : parts.length === pattern.length) &&
    pattern.every((part, i) => part === '*' || (part.startsWith(':') ? parts[i] !== '' : part === parts[i]))
  )
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw new Problem(400, `the path is not URL-encoded properly: ${part}`, {}, error)
  }
}
