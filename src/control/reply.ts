/** Reading one HTTP/1.1 response. */

export interface Reply {
  readonly status: number
  readonly text: string
}

const HEAD_END = '\r\n\r\n'
const LONGEST_HEAD = 64 * 1024

/** Takes the bytes of a response as they come. */
export class ReplyReader {
  #status = 0
  /** Bytes that have not been read yet: of the head, or of a chunk. */
  #rest: Buffer = Buffer.alloc(0)
  #body: Buffer[] = []
  #left = 0
  #framing: 'head' | 'length' | 'chunked' | 'close' = 'head'

  /**
   * Takes some bytes.
   * @returns the response, once it is whole
   * @throws when this is no HTTP
   */
  take(bytes: Buffer): Reply | undefined {
    if (this.#framing === 'length' || this.#framing === 'close') return this.#add(bytes)
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    return this.#framing === 'head' ? this.#head() : this.#chunks()
  }

  /** The other side has ended: the response, if that is how its body ends. */
  end(): Reply | undefined {
    return this.#framing === 'close' ? this.#whole() : undefined
  }

  #head(): Reply | undefined {
    const end = this.#rest.indexOf(HEAD_END)
    const head = this.#rest.toString('latin1', 0, end === -1 ? LONGEST_HEAD : end)
    if (end === -1 && head.length < LONGEST_HEAD) return undefined
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
    if (end === -1 || status === undefined) throw new Error('what answers there does not speak HTTP')
    const body = this.#rest.subarray(end + HEAD_END.length)
    this.#rest = Buffer.alloc(0)
    this.#status = Number(status)
    if (this.#status < 200) return body.length > 0 ? this.take(body) : undefined
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    if (/^transfer-encoding: *chunked/im.test(head)) this.#framing = 'chunked'
    else if (length === undefined) this.#framing = 'close'
    else {
      this.#framing = 'length'
      this.#left = Number(length)
    }
    return this.take(body)
  }

  #add(bytes: Buffer): Reply | undefined {
    this.#body.push(bytes)
    this.#left -= bytes.length
    return this.#framing === 'length' && this.#left <= 0 ? this.#whole() : undefined
  }

  #chunks(): Reply | undefined {
    for (;;) {
      const end = this.#rest.indexOf('\r\n')
      if (end === -1) return undefined
      const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16)
      if (Number.isNaN(size)) throw new Error('what answers there does not speak HTTP')
      if (size === 0) return this.#whole()
      const from = end + 2
      if (this.#rest.length < from + size + 2) return undefined
      this.#body.push(this.#rest.subarray(from, from + size))
      this.#rest = this.#rest.subarray(from + size + 2)
    }
  }

  #whole(): Reply {
    return { status: this.#status, text: Buffer.concat(this.#body).toString() }
  }
}
