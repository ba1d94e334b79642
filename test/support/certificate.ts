/** Certificates for tests, made by openssl. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface CertificateOptions {
  /** What `openssl req -newkey` takes; an EC key when left out. */
  readonly kind?: readonly string[]
  /** A further name of its owner, such as `IP:127.0.0.1`. */
  readonly alternative?: string
}

/** The files of a certificate that signs itself, for this name. */
export function certificate(
  folder: string,
  name: string,
  { kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], alternative }: CertificateOptions = {},
): { readonly cert: string; readonly key: string } {
  const cert = join(folder, `${name}.crt`)
  const key = join(folder, `${name}.key`)
  const words = ['req', '-x509', '-newkey', ...kind, '-nodes', '-days', '2', '-subj', `/CN=${name}`]
  const also = alternative === undefined ? [] : ['-addext', `subjectAltName=${alternative}`]
  execFileSync('openssl', [...words, ...also, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}
