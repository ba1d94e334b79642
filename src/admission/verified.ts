/** What a token says, and why one does not count. Apart from `tokens.ts`, which loads jose where tokens are checked. */

/** What a token says. */
export interface Verified {
  readonly claims: Readonly<Record<string, unknown>>
  /** Its `sub`. */
  readonly user: string | undefined
  /** In milliseconds since 1970; Infinity for a token without `exp`. */
  readonly expiresAt: number
}

/** A token that does not count; the message says why, and holds nothing of the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
}

/** The keys at WS_JWT_JWKS_URL cannot be had at the moment, so no token can be checked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/** Checks tokens. */
export interface TokenVerifier {
  /** @throws TokenError, KeysUnavailable */
  verify(token: string): Promise<Verified>
}

/** Whose token it is. Many applications write a number where RFC 7519 §4.1.2 has a text. */
export function userOf(claims: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const sub = claims?.sub
  const text = typeof sub === 'number' ? String(sub) : sub
  return typeof text === 'string' && text !== '' ? text : undefined
}
