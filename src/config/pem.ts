/** Keys and certificates in PEM (RFC 7468). */
import { certificateOf, privateKeyOf, withLineFeeds } from '../tls/pem.ts'
import type { Kind } from './kinds.ts'

// Fetched when a value is there to be read: the command `gateway` must start quickly.
const crypto = () => process.getBuiltinModule('node:crypto')

const bytes = (pem: string): string => `(PEM, ${Buffer.byteLength(pem)} bytes)`

/** A public key of RSA, of a curve of NIST, or Ed25519. */
export const publicKeyPem: Kind<string> = {
  takes: 'a public key in PEM (RSA of at least 2048 bits, EC with P-256, P-384 or P-521, or Ed25519)',
  read(value) {
    const pem = withLineFeeds(value)
    return faultOfPublicKey(pem) === undefined ? pem : undefined
  },
  explain: value => faultOfPublicKey(withLineFeeds(value)),
  show: bytes,
}

/** One certificate, with those that it is issued by behind it. */
export const certificatePem: Kind<string> = {
  takes: 'a certificate in PEM, with its chain',
  read: value => unlessThrown(() => certificateOf(value)),
  show: bytes,
}

export const privateKeyPem: Kind<string> = {
  takes: 'an unencrypted private key in PEM',
  read: value => unlessThrown(() => privateKeyOf(value)),
}

/** What a kind does not take is told in its own words: OpenSSL's help nobody. */
function unlessThrown(read: () => string): string | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

function faultOfPublicKey(pem: string): string | undefined {
  if (/PRIVATE KEY/.test(pem)) return 'this is a private key, which belongs to who issues the tokens'
  try {
    const key = crypto().createPublicKey(pem)
    const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
    if (key.asymmetricKeyType === 'rsa') {
      return modulusLength >= 2048 ? undefined : `this is an RSA key of ${modulusLength} bits`
    }
    if (key.asymmetricKeyType === 'ec') {
      const isKnown = ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve)
      return isKnown ? undefined : `this is an EC key with ${namedCurve}`
    }
    return key.asymmetricKeyType === 'ed25519' ? undefined : `this is a key of ${key.asymmetricKeyType}`
  } catch (error) {
    return error instanceof Error ? 'it cannot be read' : String(error)
  }
}
