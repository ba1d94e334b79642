/** Who signs users' tokens, with keys at a URL; one of the keys is broken, so that it cannot be had. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface IdentityProvider {
  /** What WS_JWT_JWKS_URL takes. */
  readonly url: string
  /** A token of this user, who is in the group `cats`. */
  sign(user: string, options?: SignOptions): Promise<string>
}

export interface SignOptions {
  /** How long it counts; Infinity is a token without an end. */
  readonly seconds?: number
  readonly key?: 'good' | 'broken'
}

export async function startIdentityProvider(t: TestContext): Promise<IdentityProvider> {
  const good = await generateKeyPair('ES256')
  const broken = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }
  const keys = [
    { ...(await exportJWK(good.publicKey)), kid: 'good', alg: 'ES256' },
    { ...broken, kid: 'broken', alg: 'ES256' },
  ]
  const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/keys`,
    sign: (sub, { seconds = 3600, key = 'good' } = {}) =>
      new SignJWT({
        ...{ sub, groups: ['cats'] },
        ...(seconds !== Infinity && { exp: Math.floor(Date.now() / 1000) + seconds }),
      })
        .setProtectedHeader({ alg: 'ES256', kid: key })
        .sign(good.privateKey),
  }
}
