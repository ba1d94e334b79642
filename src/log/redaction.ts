/** What a listener may log by accident, and must not stand in a log: tokens, which are in queries and in headers. */

const names = ['authorization', 'cookie', 'query', 'token', '["sec-websocket-protocol"]']

/** For pino: these keys, at the top of a line's fields, in `headers` or `request`, and one level further down. */
export const redacted = {
  paths: names.flatMap(name =>
    ['', 'headers', 'request', 'request.headers', '*', '*.headers', '*.request', '*.request.headers'].map(
      above => (above === '' ? name : name.startsWith('[') ? `${above}${name}` : `${above}.${name}`),
    ),
  ),
  censor: '[redacted]',
}
