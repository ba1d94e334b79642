/** Close codes (RFC 6455 §7.4.1, IANA's registry, and the gateway's own) in words. */

const WORDS: Readonly<Record<string, string>> = {
  1000: 'normal',
  1001: 'going away: the gateway stopped, the page was left, or the client was idle',
  1002: 'protocol error',
  1003: 'data that is not taken',
  1005: 'no code was given',
  1006: 'broken off without a close',
  1007: 'text that is no UTF-8',
  1008: 'against the rules, such as too many messages',
  1009: 'message too large',
  1010: 'an extension was missing',
  1011: 'the server could not go on',
  1012: 'restart, or time to move to another node: come back',
  1013: 'the client read too slowly: come back later',
  1014: 'a server behind the gateway gave a bad answer',
  1015: 'TLS failed',
  4401: 'the token has expired',
  other: 'further codes',
}

export function closeWords(code: string): string {
  const known = WORDS[code]
  if (known !== undefined) return known
  const value = Number(code)
  if (value >= 4000 && value <= 4999) return "the application's own"
  return value >= 3000 && value < 4000 ? "a library's own" : 'unknown'
}
