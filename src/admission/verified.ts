/** What a token says, and why one does not count. Apart from `tokens.ts`, which loads jose where tokens are checked. */
import { groupNameFault } from '../connections/group-name.ts'

/** What a token says. */
export interface Verified {
  readonly claims: Readonly<Record<string, unknown>>
  /** Its `sub`. */
  readonly user: string | undefined
  /** Those of `WS_JWT_GROUPS_CLAIM`. */
  readonly groups: readonly string[]
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

/**
 * The groups that a token puts its connection into (`WS_JWT_GROUPS_CLAIM`): a list of texts, or one text.
 * @param claim the claim's name; null for none
 * @throws TokenError for a claim that holds something else
 */
export function groupsOf(claims: Readonly<Record<string, unknown>>, claim: string | null): string[] {
  if (claim === null || !Object.hasOwn(claims, claim)) return []
  const value = claims[claim]
  if (value === null) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  // Many applications number their groups.
  const names = list.map(name => (typeof name === 'number' ? String(name) : name))
  const wrong = names.map(groupNameFault).find(fault => fault !== undefined)
  if (wrong !== undefined) {
    throw new TokenError(`the token's "${claim}" takes names of groups, each ${wrong} (WS_JWT_GROUPS_CLAIM)`)
  }
  // Each is a text, as has just been seen.
  return [...new Set(names as string[])]
}

/** Whose token it is. Many applications write a number where RFC 7519 §4.1.2 has a text. */
export function userOf(claims: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const sub = claims?.sub
  const text = typeof sub === 'number' ? String(sub) : sub
  return typeof text === 'string' && text !== '' ? text : undefined
}
