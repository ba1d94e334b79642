/** Certificates and keys in PEM (RFC 7468): read in one way at the start and at each renewal. */

// Fetched when there is something to be read: the command `gateway` must start quickly.
const crypto = () => process.getBuiltinModule('node:crypto')

/** In an environment a line feed is often written as the two characters `\n`. */
export function withLineFeeds(text: string): string {
  return text.replaceAll('\\n', '\n')
}

/** The blocks of these kinds in a text that may hold others, such as a certificate together with its key. */
function blocks(text: string, kind: string): string {
  const pattern = new RegExp(`-----BEGIN (${kind})-----[^-]*-----END \\1-----`, 'g')
  return (withLineFeeds(text).match(pattern) ?? []).join('\n')
}

/** The certificate and its chain. @throws when there is none, or it cannot be read */
export function certificateOf(text: string): string {
  const pem = blocks(text, 'CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE')
  if (pem === '') throw new Error('there is no certificate')
  ;new (crypto().X509Certificate)(pem)
  return pem
}

/** The private key. @throws when there is none, or it is encrypted */
export function privateKeyOf(text: string): string {
  const pem = blocks(text, '(?:[A-Z0-9]+ )*PRIVATE KEY')
  if (pem === '') throw new Error('there is no private key')
  crypto().createPrivateKey(pem)
  return pem
}

/** Whether they belong together. OpenSSL compares those of one kind alone, so that is not left to it. */
export function belongTogether(cert: string, key: string): boolean {
  return new (crypto().X509Certificate)(cert).checkPrivateKey(crypto().createPrivateKey(key))
}
