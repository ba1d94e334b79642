/** The secrets that requests to an application are signed with (Standard Webhooks, "Symmetric signatures"). */
import { fromBase64 } from '../base64.ts'
import { commaList } from '../comma-list.ts'
import type { Kind } from './kinds.ts'

const PREFIX = 'whsec_'

/** One secret, or two while the old one is being replaced by the new one. */
export const webhookSecrets: Kind<readonly Uint8Array[]> = {
  takes: 'a secret, or two with a comma between them; behind whsec_ stands base64',
  read(text) {
    const keys = commaList(text).map(keyOf)
    const good = keys.filter(key => key !== undefined)
    return good.length === keys.length && (good.length === 1 || good.length === 2) ? good : undefined
  },
  explain(text) {
    const secrets = commaList(text)
    if (secrets.length > 2) return `these are ${secrets.length}`
    return secrets.some(secret => keyOf(secret) === undefined)
      ? 'what stands behind whsec_ is no base64'
      : undefined
  },
}

/** The key's bytes, or undefined. */
function keyOf(secret: string): Uint8Array | undefined {
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret)
  const key = fromBase64(secret.slice(PREFIX.length))
  return key === undefined || key.length === 0 ? undefined : key
}
