/** Ids that are unique across all nodes and restarts, and that sort by age within one process. */
import { randomBytes } from 'node:crypto'

/** Makes ids: 64 random bits for the process, and a count. They are safe in a URL and on a command line. */
export function idSource(random: Buffer = randomBytes(8)): () => string {
  const prefix = BigInt(`0x${random.toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}

/** The count within an id, by which pages of connections are cut; undefined when it is no id of ours. */
export function ageOf(id: string): number | undefined {
  const match = /^[0-9a-z]{13}-([0-9a-z]{1,10})$/.exec(id)
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 36)
}
