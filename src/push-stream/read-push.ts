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

/** What an entry holds, for a dead letter: its `data`, or all of its fields as JSON where there is none. */
export function dataOf(fields: ReadonlyMap<string, Buffer>): Buffer {
  const all = (): Buffer =>
    Buffer.from(JSON.stringify(Object.fromEntries([...fields].map(([name, value]) => [name, String(value)]))))
  return fields.get('data') ?? all()
}
