/** The close codes of RFC 6455 §7.4.1 and of the IANA registry that the gateway itself sends or tells. */
export const CLOSE = {
  normal: 1000,
  /** The gateway stops. */
  goingAway: 1001,
  protocolError: 1002,
  /** Never sent: the peer gave no code. */
  noStatus: 1005,
  /** Never sent: the connection broke without a close frame. */
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  /** The gateway restarts: come back. */
  serviceRestart: 1012,
  /** The client reads too slowly. */
  tryAgainLater: 1013,
  /** The client's token has expired: connect again with a new one. */
  tokenExpired: 4401,
} as const

/** Why a close cannot be sent like this (RFC 6455 §7.4.2, §5.5), or undefined when it can. */
export function closeFault(code: unknown, reason: unknown): string | undefined {
  const sendable =
    typeof code === 'number' &&
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && code !== 1004 && code !== CLOSE.noStatus && code !== CLOSE.abnormal) ||
      (code >= 3000 && code <= 4999))
  if (!sendable) {
    return `close code ${String(code)} cannot be sent; takes 1000 to 1003, 1007 to 1014, or 3000 to 4999`
  }
  if (typeof reason !== 'string') return `a close reason is a text, got ${typeof reason}`
  const bytes = Buffer.byteLength(reason)
  return bytes > 123 ? `a close reason has at most 123 bytes of UTF-8, got ${bytes}` : undefined
}

/** The close code that ws answers a bad frame with, by its error's code. */
export function codeOfFrameError(error: Error & { code?: string }): number {
  switch (error.code) {
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return CLOSE.tooBig
    case 'WS_ERR_INVALID_UTF8':
      return CLOSE.invalidPayload
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return CLOSE.policyViolation
    default:
      return error.code?.startsWith('WS_ERR_') ? CLOSE.protocolError : CLOSE.abnormal
  }
}
