/** Where a client shows its token. */
import type { ClientRequest } from '../connections/request.ts'

/** The subprotocol behind which a browser, which can set no headers, may offer its token. */
export const BEARER = 'bearer'

/** The token of an `Authorization` header (RFC 6750 §2.1). */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/**
 * The token of a request: in its `Authorization` header, behind the subprotocol `bearer`, in the query's `token`, or
 * in the cookie of that name. What a script had to say comes before what a browser sends by itself.
 */
export function tokenOf(request: ClientRequest, cookie: string | null): string | undefined {
  const header = bearerToken(request.headers.authorization)
  if (header !== undefined) return header
  const offered = request.offered
  if (offered[0]?.toLowerCase() === BEARER && offered[1] !== undefined) return offered[1]
  const query = new URLSearchParams(request.query).get('token')
  if (query) return query
  return cookie === null ? undefined : request.cookies[cookie] || undefined
}

/** The subprotocols that are offered, without a token among them. */
export function withoutToken(offered: readonly string[]): string[] {
  return offered[0]?.toLowerCase() === BEARER ? offered.filter((_, index) => index !== 1) : [...offered]
}
