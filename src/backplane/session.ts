/**
 * Two connections to Redis, for as long as both last: one that waits for what comes, one for everything else. They are
 * made anew by whoever owns them (`link.ts`): nothing is queued here, and nothing is tried again.
 */
import { createClient, ErrorReply, RESP_TYPES } from 'redis'

/** Redis has refused who we are: waiting does not help. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal'
}

/** A command that takes longer has lost its connection. */
const ANSWER_MS = 5000
const CONNECT_MS = 3000
/** So long a read waits for something to come. */
const BLOCK_MS = 2000

/** RESP 2 gives the same arrays whatever is asked, as Buffers or numbers. */
export type RedisReply = Buffer | string | number | null | readonly RedisReply[]

type Words = readonly (string | Buffer)[]
type Client = ReturnType<typeof newClient>

/** One entry of a stream. */
export interface StreamEntry {
  readonly id: string
  readonly fields: ReadonlyMap<string, Buffer>
}

export class RedisSession {
  /** Rejects when a connection is lost. */
  readonly lost: Promise<never>
  readonly #writer: Client
  readonly #reader: Client
  #fail: (error: Error) => void = () => undefined

  private constructor(url: string) {
    this.lost = new Promise((_, reject) => {
      this.#fail = reject
    })
    // Whoever waits for it hears of it.
    this.lost.catch(() => undefined)
    this.#writer = newClient(url)
    this.#reader = newClient(url)
    for (const client of [this.#writer, this.#reader]) {
      client.on('error', error => this.#fail(asError(error)))
      client.on('end', () => this.#fail(new Error('Redis has closed the connection')))
    }
  }

  /** @throws RedisRefusal for a wrong user or password; the system's error when Redis cannot be reached */
  static async open(url: string): Promise<RedisSession> {
    const session = new RedisSession(url)
    try {
      await Promise.all(
        [session.#writer, session.#reader].map(client => within(client.connect(), 2 * CONNECT_MS)),
      )
      // Without a password that it asks for, a connection is refused at the first command only; after a restart Redis
      // takes connections while it loads its data.
      await session.command(['PING'])
      return session
    } catch (error) {
      session.close()
      if (!isRefusal(error)) throw error
      throw new RedisRefusal(`Redis at ${new URL(url).host} refuses WS_REDIS_URL: ${error.message}`, {
        cause: error,
      })
    }
  }

  /** Gives the session up for a reason. */
  fail(error: Error): void {
    this.#fail(error)
  }

  close(): void {
    for (const client of [this.#writer, this.#reader]) if (client.isOpen) client.destroy()
    this.#fail(new Error('closed'))
  }

  /** @throws the reply of Redis that is an error; what has happened to the connection */
  async command(words: Words): Promise<RedisReply> {
    return this.#ask(this.#writer, words, ANSWER_MS)
  }

  /**
   * Waits for entries of streams, for a moment.
   * @param after the id behind which to read, for each stream
   * @param most the most entries of each
   */
  async read(after: ReadonlyMap<string, string>, most: number): Promise<Map<string, StreamEntry[]>> {
    const words = ['XREAD', 'COUNT', String(most), 'BLOCK', String(BLOCK_MS), 'STREAMS']
    const reply = await this.#ask(
      this.#reader,
      [...words, ...after.keys(), ...after.values()],
      BLOCK_MS + ANSWER_MS,
    )
    return streamsOf(reply)
  }

  async #ask(client: Client, words: Words, ms: number): Promise<RedisReply> {
    try {
      return await within(client.sendCommand<RedisReply>([...words], AS_BUFFERS), ms)
    } catch (error) {
      // An error that Redis replies leaves the connection as it was.
      if (!(error instanceof ErrorReply)) this.#fail(asError(error))
      throw error
    }
  }
}

const AS_BUFFERS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer } }

function newClient(url: string) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false, keepAlive: true },
  })
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

/** Whether Redis refuses who we are (WRONGPASS, NOAUTH) or what we may do (NOPERM). */
function isRefusal(error: unknown): error is ErrorReply {
  return (
    error instanceof ErrorReply &&
    /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid password|Client sent AUTH))/.test(error.message)
  )
}

/** @throws Error when it takes longer */
async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let late: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        // After a pause of the process timers come before what has arrived meanwhile, which is looked at first.
        late = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))), ms)
      }),
    ])
  } finally {
    clearTimeout(late)
    promise.catch(() => undefined)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
