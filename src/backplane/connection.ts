/** One connection to Redis, for as long as it lasts. Nothing is queued here, and nothing is tried again. */
import { createClient, ErrorReply, RESP_TYPES } from 'redis'

/** Redis has refused who we are: waiting does not help. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal'
}

/** A command that takes longer has lost its connection. */
const ANSWER_MS = 5000
const CONNECT_MS = 3000

/** RESP 2 gives the same arrays whatever is asked, as Buffers or numbers. */
export type RedisReply = Buffer | string | number | null | readonly RedisReply[]

/** A command and its arguments. */
export type Words = readonly (string | Buffer)[]
type Client = ReturnType<typeof newClient>

export class RedisConnection {
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>
  readonly #client: Client
  #fail: (error: Error) => void = () => undefined

  private constructor(url: string) {
    this.lost = new Promise((_, reject) => {
      this.#fail = reject
    })
    // Whoever waits for it hears of it.
    this.lost.catch(() => undefined)
    this.#client = newClient(url)
    this.#client.on('error', error => this.#fail(asError(error)))
    this.#client.on('end', () => this.#fail(new Error('Redis has closed the connection')))
  }

  /** @throws RedisRefusal for a wrong user or password; the system's error when Redis cannot be reached */
  static async open(url: string): Promise<RedisConnection> {
    const connection = new RedisConnection(url)
    try {
      await within(connection.#client.connect(), 2 * CONNECT_MS)
      // Without a password that it asks for, a connection is refused at the first command only; after a restart Redis
      // takes connections while it loads its data.
      await connection.command(['PING'])
      return connection
    } catch (error) {
      connection.close()
      if (!isRefusal(error)) throw error
      throw new RedisRefusal(`Redis at ${new URL(url).host} refuses WS_REDIS_URL: ${error.message}`, {
        cause: error,
      })
    }
  }

  /** Gives the connection up for a reason. */
  fail(error: Error): void {
    this.#fail(error)
  }

  close(): void {
    if (this.#client.isOpen) this.#client.destroy()
    this.#fail(new Error('closed'))
  }

  /**
   * @param blockMs how long the command itself may wait for something, as XREAD with BLOCK does
   * @throws the reply of Redis that is an error; what has happened to the connection
   */
  async command(words: Words, blockMs = 0): Promise<RedisReply> {
    try {
      return await within(this.#client.sendCommand<RedisReply>([...words], AS_BUFFERS), ANSWER_MS + blockMs)
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
    // Answers are waited for here, within bounds. The client's own bound costs an AbortSignal for each command: a sixth
    // of the time that a message takes over Redis, and milliseconds in the garbage collector.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false, keepAlive: true },
  })
}

/** Whether Redis refuses who we are (WRONGPASS, NOAUTH) or what we may do (NOPERM). */
function isRefusal(error: unknown): error is ErrorReply {
  return (
    error instanceof ErrorReply &&
    /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid password|Client sent AUTH|DB index|invalid DB))/.test(
      error.message,
    )
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

/** What was thrown, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
