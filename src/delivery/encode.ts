/** A message becomes one frame, encoded once however many receive it (RFC 6455 §5.2). */

const FIN_TEXT = 0x81
const FIN_BINARY = 0x82

/** What travels: text or binary. */
export type Payload = string | Uint8Array

/**
 * What is sent for a value that a listener or an application gave: a string as text, bytes as binary, any
 * other value as its JSON text. `null` and `undefined` send nothing, and give null.
 * @throws TypeError for a value that has no JSON text (a function, a BigInt, a cycle)
 */
export function toPayload(message: unknown): Payload | null {
  if (typeof message === 'string') return message
  if (message === null || message === undefined) return null
  if (message instanceof Uint8Array) return message
  if (ArrayBuffer.isView(message))
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
  if (message instanceof ArrayBuffer) return new Uint8Array(message)
  const json: string | undefined = JSON.stringify(message)
  if (json === undefined) throw new TypeError(`a ${typeof message} cannot be sent: it has no JSON text`)
  return json
}

/** The length of a payload on the wire, in bytes. */
export function payloadBytes(payload: Payload): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength
}

/** The whole frame of a payload, unmasked and unfragmented, in a buffer of its own. */
export function toFrame(payload: Payload): Buffer {
  const length = payloadBytes(payload)
  if (typeof payload === 'string') {
    const frame = header(FIN_TEXT, length)
    frame.write(payload, frame.length - length, length, 'utf8')
    return frame
  }
  return toBinaryFrame(payload)
}

/** The frame of a text that is at hand as UTF-8 already, such as a message that is passed on unchanged. */
export function toTextFrame(utf8: Uint8Array): Buffer {
  return bytesFrame(FIN_TEXT, utf8)
}

/** The frame of bytes. */
export function toBinaryFrame(payload: Uint8Array): Buffer {
  return bytesFrame(FIN_BINARY, payload)
}

/** Whether a frame that was made here is binary. */
export function isBinaryFrame(frame: Buffer): boolean {
  return ((frame[0] ?? 0) & 0x0f) === (FIN_BINARY & 0x0f)
}

/** The payload of a frame that was made here. */
export function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(headBytes(frame, 0))
}

/** The length of the head of the frame that begins there. It has no mask. */
export function headBytes(frames: Buffer, at: number): number {
  const short = frames[at + 1] ?? 0
  return short < 126 ? 2 : short === 126 ? 4 : 10
}

/** RFC 7692 §6: the first reserved bit says that a message is compressed. */
const RSV1 = 0x40

export function isCompressedFrame(frame: Buffer): boolean {
  return ((frame[0] ?? 0) & RSV1) !== 0
}

/** The frame of the same message as another one, with its payload compressed. */
export function toCompressedFrame(plain: Buffer, deflated: Uint8Array): Buffer {
  return bytesFrame((plain[0] ?? 0) | RSV1, deflated)
}

function bytesFrame(first: number, payload: Uint8Array): Buffer {
  const frame = header(first, payload.byteLength)
  frame.set(payload, frame.length - payload.byteLength)
  return frame
}

/** A buffer for the frame, with its header written; the payload's place is at its end. */
function header(first: number, length: number): Buffer {
  if (length < 126) {
    const frame = Buffer.allocUnsafe(2 + length)
    frame[0] = first
    frame[1] = length
    return frame
  }
  if (length < 65536) {
    const frame = Buffer.allocUnsafe(4 + length)
    frame[0] = first
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
    return frame
  }
  const frame = Buffer.allocUnsafe(10 + length)
  frame[0] = first
  frame[1] = 127
  frame.writeUInt32BE(0, 2)
  frame.writeUInt32BE(length, 6)
  return frame
}
