/** Answers to pushes with a key, in Redis, for all nodes. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisReply, Words } from '../backplane/connection.ts'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import type { Pushed } from '../push.ts'
import { anotherBody, KEPT_MS, type SharedAnswers } from './idempotency.ts'

export interface SharedAnswersOptions {
  /** This node's id. */
  readonly node: string
  /** What the keys in Redis begin with. */
  readonly prefix: string
  /** A push that has taken longer has died with its node, in milliseconds. */
  readonly pendingMs: number
  readonly log: Logger
  /** @throws when Redis is away */
  command(words: Words): Promise<RedisReply>
  /** Whether another node lives. */
  lives(node: string): boolean
}

/** What stands at a key: who pushes, or what came of it. */
interface Stored {
  readonly fingerprint: string
  readonly node?: string
  readonly answer?: Pushed
}

const LOOK_MS = 25
/** So long the answer itself is waited for, when the push is known to have happened. */
const PATIENT_MS = 1000

/** Only what is still this node's goes. */
const DELETE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
/** Puts a value in the place of another one, unless somebody was faster. */
const REPLACE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0`

export class RedisAnswers implements SharedAnswers {
  readonly #options: SharedAnswersOptions

  constructor(options: SharedAnswersOptions) {
    this.#options = options
  }

  async claim(
    key: string,
    fingerprint: string,
    happened: () => Pushed | undefined,
  ): Promise<Pushed | 'first' | 'away'> {
    const { command, node, pendingMs, lives } = this.#options
    const place = this.#place(key)
    const mine = this.#mine(fingerprint)
    const began = performance.now()
    try {
      for (;;) {
        const set = await command(['SET', place, mine, 'NX', 'PX', String(pendingMs)])
        if (set !== null) {
          // What Redis has forgotten may have happened all the same.
          const known = happened()
          if (known !== undefined) await this.keep(key, fingerprint, known)
          return known ?? 'first'
        }
        const text = await command(['GET', place])
        if (text === null) continue
        const stored = JSON.parse(String(text)) as Stored
        if (stored.fingerprint !== fingerprint) throw anotherBody()
        if (stored.answer !== undefined) return stored.answer
        if (stored.node !== undefined && stored.node !== node && lives(stored.node)) {
          // It may have pushed and not been able to say so, when Redis went away between the two.
          const known = performance.now() - began > PATIENT_MS ? happened() : undefined
          if (known !== undefined) return known
          await delay(LOOK_MS)
          continue
        }
        // Its node is dead. What it had published by then has been read here.
        const answer = happened()
        const next = answer === undefined ? mine : JSON.stringify({ fingerprint, answer } satisfies Stored)
        const ms = answer === undefined ? pendingMs : KEPT_MS
        const isDone = await command(['EVAL', REPLACE, '1', place, String(text), next, String(ms)])
        if (isDone === 1) return answer ?? 'first'
      }
    } catch (error) {
      const away = this.#unlessRefused(error)
      return happened() ?? away
    }
  }

  async keep(key: string, fingerprint: string, answer: Pushed): Promise<void> {
    const stored = JSON.stringify({ fingerprint, answer } satisfies Stored)
    await this.#try(['SET', this.#place(key), stored, 'PX', String(KEPT_MS)])
  }

  async release(key: string, fingerprint: string): Promise<void> {
    await this.#try(['EVAL', DELETE, '1', this.#place(key), this.#mine(fingerprint)])
  }

  /** What stands at a key for which this node pushes. */
  #mine(fingerprint: string): string {
    return JSON.stringify({ fingerprint, node: this.#options.node } satisfies Stored)
  }

  #place(key: string): string {
    return `${this.#options.prefix}:idem:${key}`
  }

  /** When Redis is away, this process remembers alone. */
  async #try(words: Words): Promise<void> {
    try {
      await this.#options.command(words)
    } catch (error) {
      this.#options.log.debug(
        { event: 'cluster.away', err: error },
        'an Idempotency-Key is not kept in Redis',
      )
    }
  }

  #unlessRefused(error: unknown): 'away' {
    if (error instanceof Problem) throw error
    this.#options.log.debug(
      { event: 'cluster.away', err: error },
      'an Idempotency-Key is not looked up in Redis',
    )
    return 'away'
  }
}
