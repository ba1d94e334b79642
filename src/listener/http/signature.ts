/**
 * The headers by which an application knows a request: who it is from, and whether it has had it before.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto'

/**
 * @param id the same each time that a request is tried again
 * @param keys none leave the signature out; two sign twice, so that the application may know either
 * @param now in milliseconds since 1970; the time of this very try
 */
export function webhookHeaders(
  id: string,
  body: string,
  keys: readonly Uint8Array[],
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp }
  if (keys.length === 0) return headers
  const signed = `${id}.${timestamp}.${body}`
  const signatures = keys.map(key => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  return { ...headers, 'webhook-signature': signatures.join(' ') }
}
