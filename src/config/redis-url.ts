/** Where Redis is: a URL, of which only the harmless part is ever shown. */
import type { Kind } from './kinds.ts'

/** The URL without its user and password. */
export function withoutCredentials(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href
}

export const redisUrl: Kind<string> = {
  takes:
    'a URL that begins with redis:// or rediss:// (with TLS) and names a host, such as redis://:password@redis:6379/0',
  read(value) {
    if (!URL.canParse(value)) return undefined
    const { protocol, hostname, pathname, search, hash, username, password } = new URL(value)
    if (!/^rediss?:$/.test(protocol) || hostname === '' || search !== '' || hash !== '') return undefined
    if (!/^\/?\d{0,5}$/.test(pathname)) return undefined
    return isEncoded(username) && isEncoded(password) ? value : undefined
  },
  explain: value =>
    /^rediss?:\/\/.*@/i.test(value)
      ? 'what is no letter or digit in a password must be URL-encoded: # is %23, / is %2F'
      : undefined,
  mask: withoutCredentials,
}

/** Whether a part of a URL can be decoded: a password with a bare % cannot. */
function isEncoded(part: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(part)
}
