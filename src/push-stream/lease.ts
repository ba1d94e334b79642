/** The right to be the only one, for a while: it is renewed while its holder lives, and passes on when it dies. */
import type { RedisReply, Words } from '../backplane/connection.ts'

const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`
const GIVE_BACK = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

export interface LeaseOptions {
  readonly key: string
  readonly holder: string
  /** How long it lasts when it is not renewed. */
  readonly ms: number
  command(words: Words): Promise<RedisReply>
}

export class Lease {
  readonly #options: LeaseOptions

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  /** @returns whether it is held from here on. @throws when Redis is away */
  async take(): Promise<boolean> {
    const { key, holder, ms, command } = this.#options
    if ((await command(['SET', key, holder, 'NX', 'PX', String(ms)])) !== null) return true
    return this.renew()
  }

  /** @returns whether it is still held. @throws when Redis is away */
  async renew(): Promise<boolean> {
    const { key, holder, ms, command } = this.#options
    return (await command(['EVAL', RENEW, '1', key, holder, String(ms)])) === 1
  }

  /** Lets another one have it at once. @throws when Redis is away */
  async giveBack(): Promise<void> {
    const { key, holder, command } = this.#options
    await command(['EVAL', GIVE_BACK, '1', key, holder])
  }
}
