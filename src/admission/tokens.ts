/**
 * JSON Web Tokens (RFC 7519), checked by jose. What algorithms count follows from the kind of key and never from the
 * token (RFC 8725 §3.1), so a public key can never be taken for a secret, and `none` never passes.
 */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import {
  groupsOf,
  KeysUnavailable,
  TokenError,
  type TokenVerifier,
  userOf,
  type Verified,
} from './verified.ts'

export interface TokenOptions {
  readonly jwtSecret: string | null
  readonly jwtPublicKey: string | null
  readonly jwtJwksUrl: string | null
  readonly jwtIssuer: readonly string[] | null
  readonly jwtAudience: readonly string[] | null
  readonly jwtGroupsClaim: string | null
}

const HMAC = ['HS256', 'HS384', 'HS512']
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const BY_CURVE: Readonly<Record<string, string[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}
const EDWARDS = ['EdDSA', 'Ed25519']

/** How long the keys of a URL are kept, and how long is waited for them. */
const JWKS = {
  cacheMaxAge: 600_000,
  cooldownDuration: 30_000,
  timeoutDuration: 5000,
  [customFetch]: fetchBounded,
}
/** The largest set of keys that is read, in bytes. */
const LARGEST_SET = 1024 * 1024

/** Like fetch, but gives up an answer that does not end. */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > LARGEST_SET) throw new TypeError(`fetch: the answer has more than ${LARGEST_SET} bytes`)
    chunks.push(chunk)
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers })
}

/** @returns undefined when no key is set: nobody needs a token then */
export function tokenVerifier(options: TokenOptions): TokenVerifier | undefined {
  const source = keySource(options)
  if (source === undefined) return undefined
  const { key, algorithms } = source
  const checks = {
    algorithms,
    ...(options.jwtIssuer && { issuer: [...options.jwtIssuer] }),
    ...(options.jwtAudience && { audience: [...options.jwtAudience] }),
  }
  return {
    async verify(token) {
      try {
        const { payload } = await (typeof key === 'function'
          ? jwtVerify(token, key, checks).catch(error => withEach(token, error, checks))
          : jwtVerify(token, key, checks))
        return verified(payload, options.jwtGroupsClaim)
      } catch (error) {
        throw translated(error, typeof key === 'function')
      }
    },
  }
}

type Source = { readonly key: KeyObject | JWTVerifyGetKey; readonly algorithms: string[] }

function keySource({ jwtSecret, jwtPublicKey, jwtJwksUrl }: TokenOptions): Source | undefined {
  if (jwtSecret !== null) return { key: createSecretKey(Buffer.from(jwtSecret)), algorithms: HMAC }
  if (jwtJwksUrl !== null) {
    const algorithms = [...RSA, ...Object.values(BY_CURVE).flat(), ...EDWARDS]
    return { key: createRemoteJWKSet(new URL(jwtJwksUrl), JWKS), algorithms }
  }
  if (jwtPublicKey === null) return undefined
  const key = createPublicKey(jwtPublicKey)
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const type = key.asymmetricKeyType
  return { key, algorithms: type === 'rsa' ? RSA : type === 'ec' ? (BY_CURVE[curve] ?? []) : EDWARDS }
}

type Checks = NonNullable<Parameters<typeof jwtVerify>[2]>

/** A key set may hold several keys that fit a token without `kid`. */
async function withEach(token: string, error: unknown, checks: Checks) {
  if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
  for await (const key of error) {
    try {
      return await jwtVerify(token, key, checks)
    } catch (wrong) {
      if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}

function verified(payload: JWTPayload, groupsClaim: string | null): Verified {
  const { exp } = payload
  return {
    claims: payload,
    user: userOf(payload),
    groups: groupsOf(payload, groupsClaim),
    expiresAt: exp === undefined ? Infinity : exp * 1000,
  }
}

/** In words that help whoever sent the token, and that are safe to log. */
function translated(error: unknown, isRemote: boolean): TokenError | KeysUnavailable {
  if (error instanceof TokenError) return error
  if (error instanceof errors.JWTExpired) return new TokenError('the token has expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenError(`the token's "${error.claim}" does not count here (${error.reason})`)
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new TokenError("the token's algorithm is not taken here")
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return new TokenError("the token's signature is not by a key that counts here")
  }
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return unavailable(error)
  // jose says so when the URL answers with anything but 200, and passes fetch's own TypeError on.
  if (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC') return unavailable(error)
  if (error instanceof errors.JOSEError) return new TokenError('this is no valid token')
  // Of the way there, or of a key in the set that is none.
  if (isRemote && error instanceof Error) return unavailable(error)
  return new TokenError('this is no valid token')
}

function unavailable(error: Error): KeysUnavailable {
  const why = error.cause instanceof Error ? error.cause.message : error.message
  return new KeysUnavailable(`the keys at WS_JWT_JWKS_URL cannot be had: ${why}`, { cause: error })
}
