/** The push in an entry of a stream. */
import { parseJson } from '../control/body.ts'
import { Problem } from '../problem.ts'

/** @throws Problem 400 for an entry that holds none */
export function readPush(fields: ReadonlyMap<string, Buffer>): unknown {
  const data = fields.get('data')
  if (data !== undefined) return parseJson(data)
  throw new Problem(
    400,
    `an entry takes a field "data", got ${[...fields.keys()].map(name => JSON.stringify(name)).join(', ')}`,
  )
}
