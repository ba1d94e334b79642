/** The header `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header). */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Problem } from '../problem.ts'

/**
 * @returns undefined when there is none
 * @throws Problem 400 for one that cannot be used
 */
export function idempotencyKey({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new Problem(400, 'Idempotency-Key takes 1 to 255 printable ASCII characters')
}

/** What tells one body from another. */
export function fingerprint(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url')
}
