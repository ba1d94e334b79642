/** Which part of a list a call asks for, and of which nodes. */
import type { PageRequest, Scope } from '../cluster/all-nodes.ts'
import { Problem } from '../problem.ts'

const PAGE = { default: 100, most: 1000 }

/**
 * Reads `limit`, `after` and `scope`.
 * @param standard the scope when none is given
 * @throws Problem 400
 */
export function readPage(query: URLSearchParams, standard: Scope): PageRequest {
  const limitText = query.get('limit') ?? String(PAGE.default)
  const limit = Number(limitText)
  if (!/^\d{1,6}$/.test(limitText) || limit < 1 || limit > PAGE.most) {
    throw new Problem(
      400,
      `limit takes a whole number from 1 to ${PAGE.most}, got ${JSON.stringify(limitText)}`,
    )
  }
  const scope = query.get('scope') ?? standard
  if (scope !== 'node' && scope !== 'cluster') {
    throw new Problem(400, `scope takes node or cluster, got ${JSON.stringify(scope)}`)
  }
  return { limit, after: query.get('after') ?? undefined, scope }
}
