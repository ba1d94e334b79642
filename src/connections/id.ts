/** Ids that are unique across all nodes and restarts, and that sort by age within one process. */
import { randomBytes } from 'node:crypto'

const LENGTH = 13

/** A new id of a node, which is one process: 64 random bits. All ids of its connections begin with it. */
export function newNodeId(random: Buffer = randomBytes(8)): string {
  return BigInt(`0x${random.toString('hex')}`)
    .toString(36)
    .padStart(LENGTH, '0')
}

/** Makes ids: the node's, and a count. They are safe in a URL and on a command line. */
export function idSource(node: string): () => string {
  let count = 0
  return () => `${node}-${(++count).toString(36)}`
}

/** The count within an id, by which pages of connections are cut; undefined when it is no id of ours. */
export function ageOf(id: string): number | undefined {
  const match = /^[0-9a-z]{13}-([0-9a-z]{1,10})$/.exec(id)
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 36)
}

/** The node of a connection's id; undefined when it is no id of ours. */
export function nodeOf(id: string): string | undefined {
  return ageOf(id) === undefined ? undefined : id.slice(0, LENGTH)
}
