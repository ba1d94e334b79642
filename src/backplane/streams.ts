/** Streams in the replies of Redis. */
import type { RedisReply } from './connection.ts'

/** One entry of a stream. */
export interface StreamEntry {
  readonly id: string
  readonly fields: ReadonlyMap<string, Buffer>
}

/** The streams of an answer to XREAD or XREADGROUP. */
export function streamsOf(reply: RedisReply): Map<string, StreamEntry[]> {
  const streams = new Map<string, StreamEntry[]>()
  for (const stream of listOf(reply)) {
    const [name, entries] = listOf(stream)
    streams.set(String(name), listOf(entries).map(entryOf))
  }
  return streams
}

/** An entry that has been deleted since it was delivered has no fields. */
function entryOf(reply: RedisReply): StreamEntry {
  const [id, pairs] = listOf(reply)
  const fields = new Map<string, Buffer>()
  const words = listOf(pairs)
  for (let i = 0; i + 1 < words.length; i += 2) {
    const value = words[i + 1]
    fields.set(String(words[i]), Buffer.isBuffer(value) ? value : Buffer.from(String(value)))
  }
  return { id: String(id), fields }
}

/** What a reply has in it; nothing when it is no list. */
export function listOf(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : []
}
