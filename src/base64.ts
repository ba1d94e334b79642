/** Binary messages in JSON. */

/** Of either alphabet (RFC 4648 §4, §5), padded or not. One way to read each text, so that it takes linear time. */
const BASE64 = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?$/

/** Bytes, of whichever view they are, as base64 text. */
export function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** The bytes of a base64 text, or undefined for what is none. */
export function fromBase64(text: unknown): Buffer | undefined {
  return typeof text === 'string' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
}
