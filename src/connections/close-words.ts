/** Close codes in words, for whoever sees one: on the pages, in the console, on the command line. */

export interface CloseWords {
  readonly name: string
  /** What it means where it comes from the gateway, and what to do. */
  readonly meaning: string
}

/** Those of RFC 6455 §7.4.1 and of IANA's registry, and the gateway's own. */
export const CLOSE_WORDS: ReadonlyMap<number, CloseWords> = new Map([
  [1000, { name: 'Normal', meaning: 'One side had nothing more to say and closed.' }],
  [
    1001,
    {
      name: 'Going away',
      meaning: 'The gateway stops, or the client was silent for WS_IDLE_TIMEOUT_MS, or the page was left.',
    },
  ],
  [1002, { name: 'Protocol error', meaning: 'A frame was not as RFC 6455 wants it.' }],
  [1003, { name: 'Unsupported data', meaning: 'A kind of message came that the other side does not take.' }],
  [1005, { name: 'No code', meaning: 'The other side closed, and did not say why.' }],
  [
    1006,
    {
      name: 'Broken off',
      meaning:
        'The connection ended without a goodbye: the network, a proxy, or the gateway is gone; or the handshake was refused.',
    },
  ],
  [1007, { name: 'Invalid text', meaning: 'A text message was not valid UTF-8.' }],
  [
    1008,
    {
      name: 'Policy violation',
      meaning:
        'Too many messages (WS_MAX_MESSAGES_PER_SECOND), or the listener closed it for a rule of its own.',
    },
  ],
  [1009, { name: 'Too big', meaning: 'A message was larger than WS_MAX_PAYLOAD_BYTES.' }],
  [1010, { name: 'Extension missing', meaning: 'The client needs an extension that was not agreed on.' }],
  [1011, { name: 'Internal error', meaning: 'The other side came upon a fault of its own.' }],
  [
    1012,
    {
      name: 'Service restart',
      meaning: 'The gateway restarts, or the connection has grown old (WS_MAX_CONNECTION_AGE_MS). Come back.',
    },
  ],
  [
    1013,
    {
      name: 'Try again later',
      meaning: 'The client read too slowly (WS_MAX_BUFFERED_BYTES). Come back later.',
    },
  ],
  [1014, { name: 'Bad gateway', meaning: 'A proxy got a bad answer from the server behind it.' }],
  [1015, { name: 'TLS failed', meaning: 'The TLS handshake failed, such as for the certificate.' }],
  [4401, { name: 'Token expired', meaning: 'Connect again with a new token.' }],
])

/** Any code in words. */
export function closeWords(code: number): CloseWords {
  const known = CLOSE_WORDS.get(code)
  if (known !== undefined) return known
  if (code >= 4000 && code <= 4999) return { name: 'Application', meaning: 'A code of your own listener.' }
  if (code >= 3000 && code <= 3999) return { name: 'Registered', meaning: "A library's or framework's code." }
  return { name: 'Unknown', meaning: 'No code that RFC 6455 knows.' }
}
