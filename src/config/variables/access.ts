/** Who gets in. */
import { networkText } from '../../admission/networks.ts'
import { originText } from '../../admission/origins.ts'
import { isPathPattern } from '../../admission/paths.ts'
import { type Kind, listOf, matching, text, webAddress } from '../kinds.ts'
import { certificatePem, privateKeyPem, publicKeyPem } from '../pem.ts'
import { variable } from '../variable.ts'

const matchingPath: Kind<string> = {
  takes: 'a path such as /ws, or one with a part :group such as /ws/:group',
  read: value => (isPathPattern(value) ? value : undefined),
}

export const access = {
  path: variable<string | null>({
    name: 'WS_PATH',
    kind: matchingPath,
    default: null,
    shownDefault: 'any path',
    meaning:
      'The path at which clients connect; another one gets 404. With a part `:group`, as in `/ws/:group`, it puts them into that group.',
  }),
  allowedOrigins: variable<readonly string[]>({
    name: 'WS_ALLOWED_ORIGINS',
    guards: true,
    kind: listOf(originText),
    default: ['*'],
    shownDefault: '*',
    meaning:
      'The origins whose pages may connect, such as `https://example.com,https://*.example.org`. `*` is any. Others get 403. A client that is no browser sends no origin, and is not held up by this.',
  }),
  trustProxy: variable<readonly string[]>({
    name: 'WS_TRUST_PROXY',
    kind: listOf(networkText),
    default: [],
    shownDefault: 'none',
    meaning:
      'The addresses or networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count.',
  }),
  jwtSecret: variable<string | null>({
    name: 'WS_JWT_SECRET',
    guards: true,
    kind: text,
    default: null,
    shownDefault: 'none',
    secret: true,
    meaning:
      'Only who shows a JSON Web Token gets in; it is signed with this secret (HS256, HS384 or HS512). At least 32 characters, please.',
  }),
  jwtPublicKey: variable<string | null>({
    name: 'WS_JWT_PUBLIC_KEY',
    guards: true,
    kind: publicKeyPem,
    default: null,
    shownDefault: 'none',
    meaning:
      'The same with a public key in PEM: RSA (RS256, PS256 and up), EC (ES256 and up) or Ed25519 (EdDSA).',
  }),
  jwtJwksUrl: variable<string | null>({
    name: 'WS_JWT_JWKS_URL',
    guards: true,
    kind: webAddress,
    default: null,
    shownDefault: 'none',
    meaning:
      "The same with the keys at this URL, such as an identity provider's. They are kept for ten minutes.",
  }),
  jwtIssuer: variable<readonly string[] | null>({
    name: 'WS_JWT_ISSUER',
    kind: listOf(text),
    default: null,
    shownDefault: 'any',
    meaning: "The token's `iss` must be this, or one of these.",
  }),
  jwtAudience: variable<readonly string[] | null>({
    name: 'WS_JWT_AUDIENCE',
    kind: listOf(text),
    default: null,
    shownDefault: 'any',
    meaning: "The token's `aud` must hold this, or one of these.",
  }),
  jwtCookie: variable<string | null>({
    name: 'WS_JWT_COOKIE',
    kind: matching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "a cookie's name"),
    default: null,
    shownDefault: 'none',
    meaning: 'The cookie that may hold the token.',
  }),
  jwtGroupsClaim: variable<string | null>({
    name: 'WS_JWT_GROUPS_CLAIM',
    kind: text,
    default: null,
    shownDefault: 'none',
    meaning:
      'The claim whose texts, or one text, are the groups that the connection is in, such as `groups`.',
  }),
  tlsCert: variable<string | null>({
    name: 'WS_TLS_CERT',
    guards: true,
    kind: certificatePem,
    default: null,
    shownDefault: 'none',
    meaning:
      'The certificate and its chain in PEM: the port then speaks `wss:`. Given by `WS_TLS_CERT_FILE`, it is read anew when the file changes.',
  }),
  tlsKey: variable<string | null>({
    name: 'WS_TLS_KEY',
    guards: true,
    kind: privateKeyPem,
    default: null,
    shownDefault: 'none',
    secret: true,
    meaning: "The certificate's private key in PEM; likewise by `WS_TLS_KEY_FILE`.",
  }),
} as const
