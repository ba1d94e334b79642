/**
 * Two connections to Redis, for as long as both last: one that waits for what comes, one for everything else. They are
 * made anew by whoever owns them (`link.ts`).
 */
import { RedisConnection, type RedisReply, type Words } from './connection.ts'
import { type StreamEntry, streamsOf } from './streams.ts'

/** So long a read waits for something to come. */
const BLOCK_MS = 2000

export class RedisSession {
  /** Rejects when a connection is lost. */
  readonly lost: Promise<never>
  readonly #writer: RedisConnection
  readonly #reader: RedisConnection

  private constructor(writer: RedisConnection, reader: RedisConnection) {
    this.#writer = writer
    this.#reader = reader
    this.lost = Promise.race([writer.lost, reader.lost])
    // Whoever waits for it hears of it.
    this.lost.catch(() => undefined)
  }

  /** @throws RedisRefusal for a wrong user or password; the system's error when Redis cannot be reached */
  static async open(url: string): Promise<RedisSession> {
    const writer = await RedisConnection.open(url)
    try {
      return new RedisSession(writer, await RedisConnection.open(url))
    } catch (error) {
      writer.close()
      throw error
    }
  }

  /** Gives the session up for a reason. */
  fail(error: Error): void {
    this.#writer.fail(error)
  }

  close(): void {
    this.#writer.close()
    this.#reader.close()
  }

  /** @throws the reply of Redis that is an error; what has happened to the connection */
  command(words: Words): Promise<RedisReply> {
    return this.#writer.command(words)
  }

  /**
   * Waits for entries of streams, for a moment.
   * @param after the id behind which to read, for each stream
   * @param most the most entries of each
   */
  async read(after: ReadonlyMap<string, string>, most: number): Promise<Map<string, StreamEntry[]>> {
    const words = ['XREAD', 'COUNT', String(most), 'BLOCK', String(BLOCK_MS), 'STREAMS']
    return streamsOf(await this.#reader.command([...words, ...after.keys(), ...after.values()], BLOCK_MS))
  }
}
