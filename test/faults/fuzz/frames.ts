/** WebSocket connections whose handshake is good, and whose frames are not. */
import type { Attack } from './fleet.ts'
import type { Random } from './random.ts'

interface Frame {
  readonly opcode: number
  readonly payload?: Buffer
  readonly fin?: boolean
  /** The three reserved bits. */
  readonly rsv?: number
  readonly masked?: boolean
  /** The length that is claimed, when it is another than the payload's. */
  readonly claimed?: bigint
  /** The shortest form of the length that is allowed, in bytes of its field. */
  readonly form?: 0 | 2 | 8
}

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10
const OPCODES = [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG]
const RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]

function encode(random: Random, frame: Frame): Buffer {
  const { opcode, payload = Buffer.alloc(0), fin = true, rsv = 0, masked = true, form = 0 } = frame
  const length = frame.claimed ?? BigInt(payload.length)
  const field = form === 8 || length > 0xffff ? 8 : form === 2 || length > 125 ? 2 : 0
  const head = Buffer.alloc(2 + field)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (masked ? 0x80 : 0) | (field === 8 ? 127 : field === 2 ? 126 : Number(length))
  if (field === 2) head.writeUInt16BE(Number(length), 2)
  if (field === 8) head.writeBigUInt64BE(BigInt.asUintN(64, length), 2)
  if (!masked) return Buffer.concat([head, payload])
  const mask = random.bytes(4)
  const bytes = Buffer.concat([head, mask, payload])
  for (let i = head.length + 4; i < bytes.length; i++) {
    bytes[i] = (bytes[i] ?? 0) ^ (mask[(i - head.length) % 4] ?? 0)
  }
  return bytes
}

/** Good frames. Few are messages, since each message goes out to everyone. */
function good(random: Random): Frame[] {
  const small = (): Buffer => Buffer.from(random.word(40))
  if (random.chance(0.85))
    return [{ opcode: random.pick([PING, PONG]), payload: random.bytes(random.int(0, 125)) }]
  if (random.chance(0.6)) return [{ opcode: random.pick([TEXT, BINARY]), payload: small() }]
  if (random.chance(0.05)) return [{ opcode: BINARY, payload: Buffer.alloc(random.int(126, 70_000)) }]
  return [
    { opcode: TEXT, payload: small(), fin: false },
    { opcode: PING },
    { opcode: CONTINUATION, payload: small() },
  ]
}

const BAD_UTF8 = ['ff', 'c0af', 'e28c', 'eda080', 'f4908080', 'f8a1a1a1a1', '61ff62', '80', 'f0808080', 'fe']
const BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
const LENGTHS = [1_048_577n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]

function closePayload(code: number, reason: Buffer): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return Buffer.concat([payload, reason])
}

const badText = (random: Random): Buffer => Buffer.from(`6f6b${random.pick(BAD_UTF8)}`, 'hex')

/** What is wrong by RFC 6455; several frames where it takes several. */
const bad: readonly ((random: Random) => Frame[])[] = [
  r => [{ opcode: r.pick(RESERVED), payload: r.bytes(r.int(0, 60)) }],
  r => [{ opcode: r.pick(OPCODES), rsv: r.int(1, 7), payload: r.bytes(r.int(0, 60)) }],
  r => [{ opcode: r.pick(OPCODES), masked: false, payload: r.bytes(r.int(0, 60)) }],
  r => [{ opcode: r.pick([CLOSE, PING, PONG]), payload: r.bytes(r.int(126, 300)) }],
  r => [{ opcode: r.pick([CLOSE, PING, PONG]), fin: false, payload: r.bytes(r.int(2, 60)) }],
  r => [{ opcode: r.pick([CLOSE, PING, PONG]), form: r.pick([2, 8]), payload: r.bytes(r.int(0, 60)) }],
  r => [{ opcode: r.pick(OPCODES), claimed: r.pick(LENGTHS), payload: r.bytes(r.int(0, 60)) }],
  r => [{ opcode: r.pick([TEXT, BINARY]), claimed: BigInt(r.int(200, 1_000_000)), payload: r.bytes(100) }],
  r => [{ opcode: TEXT, payload: badText(r) }],
  r => [
    { opcode: TEXT, payload: badText(r), fin: false },
    { opcode: CONTINUATION, payload: r.bytes(r.int(0, 20)) },
  ],
  r => [{ opcode: CLOSE, payload: r.bytes(1) }],
  r => [{ opcode: CLOSE, payload: closePayload(r.pick(BAD_CODES), Buffer.from(r.word())) }],
  r => [{ opcode: CLOSE, payload: closePayload(1000, badText(r)) }],
  () => [{ opcode: CLOSE }, { opcode: TEXT, payload: Buffer.from('after the close') }],
  r => [{ opcode: CONTINUATION, fin: r.chance(0.5), payload: r.bytes(r.int(0, 60)) }],
  r => [
    { opcode: r.pick([TEXT, BINARY]), fin: false, payload: Buffer.from(r.word()) },
    { opcode: r.pick([TEXT, BINARY]), payload: Buffer.from(r.word()) },
  ],
  r => [
    { opcode: TEXT, fin: false },
    ...Array.from({ length: r.int(1, 12) }, () => ({ opcode: CONTINUATION, fin: false })),
    { opcode: r.pick(RESERVED) },
  ],
  r => [
    { opcode: BINARY, fin: false, payload: Buffer.alloc(r.int(1, 2000)) },
    { opcode: CONTINUATION, claimed: r.pick(LENGTHS) },
  ],
  r => [
    {
      opcode: r.int(0, 15),
      fin: r.chance(0.5),
      rsv: r.chance(0.5) ? 0 : r.int(0, 7),
      masked: r.chance(0.5),
      payload: r.bytes(r.int(0, 200)),
      form: r.pick([0, 2, 8]),
    },
  ],
]

/** Several good frames, a bad one, and whatever comes to mind behind it. */
export function frames(random: Random): Attack {
  const sent: Buffer[] = []
  const add = (list: readonly Frame[]): void => {
    for (const frame of list) sent.push(encode(random, frame))
  }
  for (let left = random.int(1, 7); left > 0; left--) add(good(random))
  const how = random.next()
  if (how < 0.8) add(random.pick(bad)(random))
  else if (how < 0.9) sent.push(random.bytes(random.int(2, 300)))
  else sent.push(random.mutated(encode(random, { opcode: PING, payload: random.bytes(random.int(0, 125)) })))
  for (let left = random.int(0, 6); left > 0; left--) {
    add(random.chance(0.5) ? good(random) : random.pick(bad)(random))
  }
  const last = sent.pop() ?? Buffer.alloc(0)
  sent.push(random.chance(0.2) ? random.truncated(last) : last)
  const key = random.bytes(16).toString('base64')
  const handshake = Buffer.from(
    `GET /${random.word()} HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  const bytes = Buffer.concat(sent)
  // With the handshake in one piece the frames reach ws by another way than those that come behind it.
  const pieces = random.chance(0.3)
    ? [Buffer.concat([handshake, bytes])]
    : [handshake, ...random.pieces(bytes)]
  const end = random.next()
  return { pieces, inputs: sent.length, ending: end < 0.01 ? 'linger' : end < 0.15 ? 'reset' : 'end' }
}
