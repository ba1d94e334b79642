/** The socket behind a WebSocket, and what of it is still unsent. */
import type { Duplex } from 'node:stream'

interface Handle {
  readonly writeQueueSize?: number
}

/**
 * The socket behind a WebSocket, of TCP or of TLS over it. Only libuv's count shows how much of a big write the kernel
 * has taken; the length of that write is known to the stream alone.
 */
export type RawSocket = Duplex & {
  readonly bytesRead: number
  readonly _handle?: Handle | null
  readonly _parent?: { readonly _handle?: Handle | null }
  readonly _writableState?: { readonly writelen?: number; readonly bufferedRequestCount?: number }
}

/** Bytes that were written to it and that the kernel has not taken yet. */
export function unsentBytes(raw: RawSocket): number {
  const { writableLength, _writableState: state } = raw
  if (writableLength === 0) return 0
  const left = (raw._parent ?? raw)._handle?.writeQueueSize
  if (left === undefined || state?.writelen === undefined) return writableLength
  return writableLength - state.writelen + left
}
