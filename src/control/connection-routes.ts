/** The routes of connections and users. */
import { notOpen } from '../cluster/all-nodes.ts'
import type { Whose } from '../cluster/questions.ts'
import { CLOSE, closeFault } from '../connections/close-codes.ts'
import { ageOf } from '../connections/id.ts'
import { Problem } from '../problem.ts'
import { readBody } from './body.ts'
import { type Answer, type Call, ok, param } from './call.ts'
import { readPage } from './paging.ts'

/** The longest token that is read, in bytes. */
const LONGEST_TOKEN = 64 * 1024

export async function listConnections({ gateway, query }: Call): Promise<Answer> {
  const page = readPage(query, 'node')
  if (page.after !== undefined && ageOf(page.after) === undefined) {
    throw new Problem(
      400,
      `after takes the id that the page before gave as "next", got ${JSON.stringify(page.after)}`,
    )
  }
  const filter = {
    search: query.get('search') ?? undefined,
    group: query.get('group') ?? undefined,
    user: query.get('user') ?? undefined,
  }
  return ok(await gateway.nodes.connections({ ...page, filter }))
}

export async function showConnection(call: Call): Promise<Answer> {
  const id = param(call, 'id')
  return ok((await call.gateway.nodes.connection(id)) ?? notOpen(id))
}

export async function closeConnection(call: Call): Promise<Answer> {
  const id = param(call, 'id')
  const { code, reason, connections } = await close(call, { id })
  return connections === 0 ? notOpen(id) : ok({ id, code, reason })
}

export async function closeUser(call: Call): Promise<Answer> {
  const user = param(call, 'user')
  return ok({ user, ...(await close(call, { user })) })
}

export async function renewToken(call: Call): Promise<Answer> {
  const id = param(call, 'id')
  if ((await call.gateway.nodes.connection(id)) === undefined) notOpen(id)
  const body = parseToken(await readBody(call.request, LONGEST_TOKEN))
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'token')) {
    throw new Problem(400, 'takes a JSON object with a "token"')
  }
  return ok(await call.gateway.nodes.renewToken(id, Reflect.get(body, 'token')))
}

async function close({ gateway, query }: Call, whose: Whose) {
  const codeText = query.get('code')
  const code = codeText === null ? CLOSE.normal : /^\d{4}$/.test(codeText) ? Number(codeText) : codeText
  const reason = query.get('reason') ?? ''
  const fault = closeFault(code, reason)
  if (fault !== undefined || typeof code !== 'number') throw new Problem(400, fault ?? 'code takes a number')
  const connections = await gateway.nodes.carryOut({ ask: 'close', whose, code, reason })
  return { connections, code, reason }
}

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
