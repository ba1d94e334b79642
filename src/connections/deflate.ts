/** The terms on which permessage-deflate (RFC 7692) is agreed. */

/**
 * Without context takeover no connection holds a window in either direction, and one compressed frame serves all that
 * have the same size of window. ws inflates no further than maxPayload.
 */
export const DEFLATE = { serverNoContextTakeover: true, clientNoContextTakeover: true, concurrencyLimit: 4 }

/** The size of the window that an answer to a handshake agrees on, in bits. */
export function windowBits(headers: readonly string[]): number {
  const line = headers.find(header => /^sec-websocket-extensions: *permessage-deflate/i.test(header))
  if (line === undefined) return 0
  return Number(/server_max_window_bits=(\d+)/.exec(line)?.[1] ?? 15)
}
