/** What a message holds, as text or as hexadecimal numbers. */
import type { TraceEvent } from '../../tracing/event.ts'

/** The payload as text; undefined when it is none. */
export function asText({ text, base64 }: TraceEvent): string | undefined {
  if (text !== undefined) return text
  if (base64 === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(base64))
  } catch (error) {
    // Binary data need not be text.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** `68 65 6c 6c 6f` */
export function asHex({ text, base64 }: TraceEvent): string {
  const bytes = base64 === undefined ? new TextEncoder().encode(text ?? '') : bytesOf(base64)
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ')
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
