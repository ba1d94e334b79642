/** Which part of a list a call asks for, and of which nodes. */
import type { PageRequest, Scope } from '../cluster/all-nodes.ts'
import { Problem } from '../problem.ts'
import { numberIn } from './number-in.ts'

const PAGE = { default: 100, most: 1000 }

/**
 * Reads `limit`, `after` and `scope`.
 * @param standard the scope when none is given
 * @throws Problem 400
 */
export function readPage(query: URLSearchParams, standard: Scope): PageRequest {
  const limit = numberIn(query, 'limit', 1, PAGE)
  const scope = query.get('scope') ?? standard
  if (scope !== 'node' && scope !== 'cluster') {
    throw new Problem(400, `scope takes node or cluster, got ${JSON.stringify(scope)}`)
  }
  return { limit, after: query.get('after') ?? undefined, scope }
}
