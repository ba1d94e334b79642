/** A client that sends its bytes by hand, right ones and wrong ones, and parses what the server sends (RFC 6455 §5.2). */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { after, type TestContext } from 'node:test'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'

/** One gateway for all tests of a file; it is killed when they are through. */
export function sharedGateway(env: Record<string, string> = {}): Promise<GatewayProcess> {
  // startGateway needs nothing of a test but its end, and the file has one as well.
  return startGateway({ after } as unknown as TestContext, { listener: {}, env })
}

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  readonly fin?: boolean
  /** RSV1, RSV2 and RSV3 as the bits 4, 2 and 1. */
  readonly rsv?: number
  /** Null sends an unmasked frame. */
  readonly mask?: Buffer | null
  /** How many bits hold the length, when not as few as can be. */
  readonly lengthBits?: 7 | 16 | 64
  /** A length that is said in 64 bits, whatever the payload has. */
  readonly length?: bigint
}

/** The bytes of a frame as a client sends it. */
export function frame(opcode: number, payload: string | Buffer = '', options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, mask = randomBytes(4), length } = options
  const data = Buffer.from(payload)
  const lengthBits = length !== undefined ? 64 : (options.lengthBits ?? bitsFor(data.length))
  const head = Buffer.alloc(lengthBits === 7 ? 2 : lengthBits === 16 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (mask === null ? 0 : 0x80) | (lengthBits === 7 ? data.length : lengthBits === 16 ? 126 : 127)
  if (lengthBits === 16) head.writeUInt16BE(data.length, 2)
  if (lengthBits === 64) head.writeBigUInt64BE(length ?? BigInt(data.length), 2)
  if (mask === null) return Buffer.concat([head, data])
  return Buffer.concat([head, mask, data.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

/** How many bits are enough for a length (RFC 6455 §5.2). */
export function bitsFor(length: number): 7 | 16 | 64 {
  return length < 126 ? 7 : length < 65_536 ? 16 : 64
}

/** The body of a close frame. */
export function closeBody(code: number, reason: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
}

/** A frame of the server. */
export interface Frame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly masked: boolean
  readonly lengthBits: 7 | 16 | 64
  readonly payload: Buffer
}

function parseFrame(bytes: Buffer): { frame: Frame; size: number } | undefined {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return undefined
  const short = second & 0x7f
  const lengthBits = short < 126 ? 7 : short === 126 ? 16 : 64
  const masked = second >= 0x80
  const start = (lengthBits === 7 ? 2 : lengthBits === 16 ? 4 : 10) + (masked ? 4 : 0)
  if (bytes.length < start) return undefined
  const length =
    lengthBits === 7 ? short : lengthBits === 16 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (bytes.length < start + length) return undefined
  const payload = bytes.subarray(start, start + length)
  const rsv = (first >> 4) & 7
  return {
    frame: { fin: first >= 0x80, rsv, opcode: first & 0xf, masked, lengthBits, payload },
    size: start + length,
  }
}

export interface Response {
  readonly line: string
  readonly status: number
  /** By lower-case name; as many values as there are lines. */
  readonly headers: ReadonlyMap<string, readonly string[]>
}

/** The key of the RFC's own example. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export interface Request {
  readonly line?: string
  /** Other values for the usual headers, or further ones; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Further lines, as they are. */
  readonly lines?: readonly string[]
}

/** A handshake's bytes. */
export function request({ line = 'GET / HTTP/1.1', headers = {}, lines = [] }: Request = {}): string {
  const all = {
    Host: 'gateway.example',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return [line, ...given.map(([name, value]) => `${name}: ${value}`), ...lines, '', ''].join('\r\n')
}

export class RawClient {
  readonly socket: Socket
  /** Every frame that has come. */
  readonly frames: Frame[] = []
  /** Whether the server has closed its side of the TCP connection. */
  ended = false
  #bytes: Buffer = Buffer.alloc(0)
  #response: Response | undefined
  #read = 0
  #wake: (() => void)[] = []

  constructor(port: number) {
    // Half open, so that it is the server who closes the TCP connection.
    this.socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.socket.on('data', chunk => this.#took(chunk))
    const end = () => {
      this.ended = true
      this.#told()
    }
    this.socket.on('end', end).on('close', end)
    // A reset is an end as well.
    this.socket.on('error', end)
  }

  #took(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#response === undefined) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#response = parseResponse(this.#bytes.subarray(0, end).toString())
      this.#bytes = this.#bytes.subarray(end + 4)
    }
    if (this.#response.status === 101) {
      for (let next = parseFrame(this.#bytes); next !== undefined; next = parseFrame(this.#bytes)) {
        this.frames.push(next.frame)
        this.#bytes = this.#bytes.subarray(next.size)
      }
    }
    this.#told()
  }

  #told(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }

  async #until<T>(what: string, holds: () => T | undefined, withinMs = 20_000): Promise<T> {
    const limit = AbortSignal.timeout(withinMs)
    limit.onabort = () => this.#told()
    for (;;) {
      const value = holds()
      if (value !== undefined) return value
      if (limit.aborted || this.ended) {
        const got = this.frames.map(({ opcode, payload }) => `${opcode}:${payload.toString('latin1', 0, 40)}`)
        throw new Error(`waited in vain for ${what}; ended: ${this.ended}, got [${got.join(', ')}]`)
      }
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
  }

  write(...parts: (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(parts.map(part => Buffer.from(part))))
  }

  response(): Promise<Response> {
    return this.#until('the response', () => this.#response)
  }

  /** The next frame that has not been asked for yet. */
  async next(): Promise<Frame> {
    const found = await this.#until('a frame', () => this.frames[this.#read])
    this.#read++
    return found
  }

  /** The next text message; pongs before it do not count. */
  async text(): Promise<string> {
    for (;;) {
      const { opcode, payload } = await this.next()
      if (opcode === OP.text) return payload.toString()
      if (opcode !== OP.pong) throw new Error(`expected a text, got opcode ${opcode}`)
    }
  }

  /** Waits until the server has closed its side. */
  async end(): Promise<void> {
    await this.#until('the end', () => this.ended || undefined)
  }

  /** Waits for the server's close frame and then its end; gives the frame's code and reason. */
  async closed(): Promise<{ code: number | undefined; reason: string }> {
    const { opcode, payload } = await this.next()
    if (opcode !== OP.close) throw new Error(`expected a close frame, got opcode ${opcode}`)
    await this.end()
    if (this.frames.length !== this.#read) throw new Error('a frame came after the close frame')
    if (payload.length === 0) return { code: undefined, reason: '' }
    return { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) }
  }

  /** The payloads of the pongs so far. */
  get pongs(): string[] {
    return this.frames.filter(f => f.opcode === OP.pong).map(f => f.payload.toString('latin1'))
  }

  /** Everything sent so far has been read: a ping has been answered. */
  async settled(): Promise<void> {
    this.write(frame(OP.ping, 'settled'))
    await this.#until('the pong', () => (this.pongs.includes('settled') ? true : undefined))
  }
}

function parseResponse(head: string): Response {
  const [line = '', ...lines] = head.split('\r\n')
  const headers = new Map<string, string[]>()
  for (const text of lines) {
    const colon = text.indexOf(':')
    const name = text.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), text.slice(colon + 1).trim()])
  }
  return { line, status: Number(line.split(' ')[1]), headers }
}

/** Sends a handshake, and gives the answer. */
export async function ask(t: TestContext, port: number, what: Request = {}): Promise<Response> {
  const client = await connect(t, port)
  client.write(request(what))
  return client.response()
}

/** A TCP connection on which nothing has been said yet. */
export async function connect(t: TestContext, port: number): Promise<RawClient> {
  const client = new RawClient(port)
  t.after(() => client.socket.destroy())
  await once(client.socket, 'connect')
  return client
}

/** A client whose handshake has been accepted. */
export async function open(t: TestContext, port: number, what: Request = {}): Promise<RawClient> {
  const client = await connect(t, port)
  client.write(request(what))
  const { status } = await client.response()
  if (status !== 101) throw new Error(`the handshake got ${status}`)
  return client
}
