/** The certificate of the public port, and its renewal: files are read anew when they change. */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Logger } from '../log.ts'
import { belongTogether, certificateOf, privateKeyOf } from './pem.ts'

/** Certificate and key in PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** Where they come from; undefined stands still. */
export interface PairFiles {
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** By reading, not by file events: secrets are swapped by links, renamed into place, or mounted from elsewhere. */
const LOOK_EVERY_MS = 1000

export class Certificate {
  readonly #files: PairFiles
  readonly #log: Logger
  #pair: Pair
  /** What was read last, in use or not, so that a fault is told once. */
  #seen: Pair
  #timer: NodeJS.Timeout | undefined

  constructor(pair: Pair, files: PairFiles, log: Logger) {
    this.#pair = pair
    this.#seen = pair
    this.#files = files
    this.#log = log
  }

  get current(): Pair {
    return this.#pair
  }

  /** Tells each pair that takes the place of the one before, until `unfollow`. */
  follow(renewed: (pair: Pair) => void): void {
    const { cert, key } = this.#files
    if (cert === undefined && key === undefined) return
    const look = async (): Promise<void> => {
      const pair = await this.#read()
      if (pair !== undefined && this.#timer === timer) this.#take(pair, renewed)
      if (this.#timer === timer) timer.refresh()
    }
    const timer = setTimeout(() => void look(), LOOK_EVERY_MS).unref()
    this.#timer = timer
  }

  unfollow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #take(pair: Pair, renewed: (pair: Pair) => void): void {
    if (pair.cert === this.#seen.cert && pair.key === this.#seen.key) return
    this.#seen = pair
    try {
      const { cert, key } = { cert: certificateOf(pair.cert), key: privateKeyOf(pair.key) }
      if (cert === this.#pair.cert && key === this.#pair.key) return
      if (!belongTogether(cert, key)) throw new Error('the key is not that of the certificate')
      const { validTo } = new X509Certificate(cert)
      createSecureContext({ cert, key })
      this.#pair = { cert, key }
      renewed(this.#pair)
      this.#log.info({ event: 'tls.load', validTo }, 'a new certificate is in use')
    } catch (error) {
      // Often only one of the two files is there yet: the other one follows.
      this.#log.error({ event: 'error', err: error }, 'the new certificate cannot be used; the old one stays')
    }
  }

  /** Undefined when a file is just being replaced. */
  async #read(): Promise<Pair | undefined> {
    try {
      const { cert, key } = this.#files
      return {
        cert: cert === undefined ? this.#pair.cert : await readFile(cert, 'utf8'),
        key: key === undefined ? this.#pair.key : await readFile(key, 'utf8'),
      }
    } catch (error) {
      this.#log.debug({ event: 'error', err: error }, 'a certificate file cannot be read now')
      return undefined
    }
  }
}
