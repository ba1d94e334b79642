/** Reading one HTTP/1.1 response. */

export interface Reply {
  readonly status: number
  readonly text: string
}

const HEAD_END = '\r\n\r\n'
const LINE_END = '\r\n'
const LONGEST_HEAD = 64 * 1024
const NO_HTTP = 'what answers there does not speak HTTP'

/** Takes the bytes of a response as they come. */
export class ReplyReader {
  readonly #onPart: ((part: Buffer) => void) | undefined
  #status = 0
  /** Bytes that have not been read yet: of the head, or of a line between chunks. */
  #rest: Buffer = Buffer.alloc(0)
  #body: Buffer[] = []
  /** Of the body, or of the chunk. */
  #left = 0
  #framing: 'head' | 'length' | 'chunked' | 'close' = 'head'
  #isFirst = true

  /** @param onPart told of each part of a good answer's body as it comes; then its text is empty */
  constructor(onPart?: (part: Buffer) => void) {
    this.#onPart = onPart
  }

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
    if (end === -1 || status === undefined) throw new Error(NO_HTTP)
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
    this.#part(bytes)
    this.#left -= bytes.length
    return this.#framing === 'length' && this.#left <= 0 ? this.#whole() : undefined
  }

  #chunks(): Reply | undefined {
    for (;;) {
      if (this.#left > 0) {
        const part = this.#rest.subarray(0, this.#left)
        this.#part(part)
        this.#left -= part.length
        this.#rest = this.#rest.subarray(part.length)
        if (this.#left > 0) return undefined
      }
      // Behind a chunk stands an empty line's end, and then the size of the next.
      const from = this.#isFirst || this.#rest.length < 2 ? 0 : 2
      if (!this.#isFirst && from === 0) return undefined
      const end = this.#rest.indexOf(LINE_END, from)
      if (end === -1 && this.#rest.length < LONGEST_HEAD) return undefined
      const size = Number.parseInt(this.#rest.toString('latin1', from, end), 16)
      if (end === -1 || Number.isNaN(size)) throw new Error(NO_HTTP)
      if (size === 0) return this.#whole()
      this.#isFirst = false
      this.#left = size
      this.#rest = this.#rest.subarray(end + LINE_END.length)
    }
  }

  #part(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#onPart !== undefined && this.#status < 300) this.#onPart(bytes)
    else this.#body.push(bytes)
  }

  #whole(): Reply {
    return { status: this.#status, text: Buffer.concat(this.#body).toString() }
  }
}
