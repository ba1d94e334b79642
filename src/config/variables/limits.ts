/** How much clients may do. */
import { durationOrOff, limit, oneOf, onOff, wholeNumber, zeroIsOff } from '../kinds.ts'
import { variable } from '../variable.ts'

export const limits = {
  maxPayloadBytes: variable({
    name: 'WS_MAX_PAYLOAD_BYTES',
    // ws keeps it as a signed 32-bit number; a string of Node ends a little below 512 MiB.
    kind: wholeNumber(1, 256 * 1024 * 1024, 'bytes'),
    default: 1048576,
    meaning:
      "The largest message of a client (past it: close code 1009), and of a push as it is sent. A push's body may have twice that and 64 KiB.",
  }),
  maxConnections: variable({
    name: 'WS_MAX_CONNECTIONS',
    kind: limit(),
    default: 0,
    shownDefault: 'off',
    meaning: 'The most connections at a time. One more gets 503 with `Retry-After`.',
  }),
  maxConnectionsPerIp: variable({
    name: 'WS_MAX_CONNECTIONS_PER_IP',
    kind: limit(),
    default: 0,
    shownDefault: 'off',
    meaning: 'The most connections of one address (of IPv6, one /64 network). One more gets 429.',
  }),
  maxConnectionsPerUser: variable({
    name: 'WS_MAX_CONNECTIONS_PER_USER',
    kind: limit(),
    default: 0,
    shownDefault: 'off',
    meaning:
      "The most connections of one user: the token's `sub`, or what `onClientHandshake` sets as `data.user`. One more gets 429.",
  }),
  maxMessagesPerSecond: variable({
    name: 'WS_MAX_MESSAGES_PER_SECOND',
    kind: limit(),
    default: 0,
    shownDefault: 'off',
    meaning:
      'The most messages and pings a second of one connection, in the long run. Past it: close code 1008.',
  }),
  maxMessagesBurst: variable({
    name: 'WS_MAX_MESSAGES_BURST',
    kind: limit(),
    default: 0,
    shownDefault: 'twice the rate',
    meaning: 'How many messages may come at once before `WS_MAX_MESSAGES_PER_SECOND` counts.',
  }),
  maxPendingEvents: variable({
    name: 'WS_MAX_PENDING_EVENTS',
    kind: wholeNumber(1, 1_000_000),
    default: 64,
    meaning:
      'When so many events of a connection wait for the listener, its socket is not read until they are fewer. Nobody is disconnected for it.',
  }),
  handshakeTimeoutMs: variable({
    name: 'WS_HANDSHAKE_TIMEOUT_MS',
    kind: zeroIsOff(wholeNumber(1, 2 ** 31 - 1, 'milliseconds')),
    default: 10_000,
    meaning: 'How long a client may take to send its request (and for the TLS handshake before it).',
  }),
  maxHeaderBytes: variable({
    name: 'WS_MAX_HEADER_BYTES',
    kind: wholeNumber(1, 1024 * 1024, 'bytes'),
    default: 16_384,
    meaning: 'The largest request line and headers. Past it: 431.',
  }),
  heartbeatMs: variable({
    name: 'WS_HEARTBEAT_MS',
    kind: durationOrOff,
    default: 25_000,
    meaning:
      'Each connection gets a ping so often. One from which nothing has come by the next is cut off. Keep it under 30 s behind a proxy.',
  }),
  idleTimeoutMs: variable({
    name: 'WS_IDLE_TIMEOUT_MS',
    kind: durationOrOff,
    default: 0,
    shownDefault: 'off',
    meaning: 'A client that has sent no message for so long is closed with 1001 (pongs do not count).',
  }),
  maxConnectionAgeMs: variable({
    name: 'WS_MAX_CONNECTION_AGE_MS',
    kind: durationOrOff,
    default: 0,
    shownDefault: 'off',
    meaning:
      'A connection is closed with 1012 when it is so old, less up to 10 % by chance, so that long-lived ones spread over new nodes.',
  }),
  maxBufferedBytes: variable({
    name: 'WS_MAX_BUFFERED_BYTES',
    kind: limit('bytes'),
    default: 4 * 1024 * 1024,
    meaning: 'What a client has not read yet may wait in memory up to this, for each connection.',
  }),
  slowConsumer: variable<'close' | 'drop'>({
    name: 'WS_SLOW_CONSUMER',
    kind: oneOf('close', 'drop'),
    default: 'close',
    meaning:
      'Past that bound: `close` closes the client with 1013; `drop` leaves messages out for that client, and counts them.',
  }),
  compression: variable({
    name: 'WS_COMPRESSION',
    kind: onOff,
    default: false,
    shownDefault: 'off',
    meaning:
      'Offer permessage-deflate (RFC 7692). It saves bandwidth for texts, and costs processor time and memory.',
  }),
  compressionThresholdBytes: variable({
    name: 'WS_COMPRESSION_THRESHOLD_BYTES',
    kind: wholeNumber(0, 2 ** 31 - 1, 'bytes'),
    default: 1024,
    meaning: 'Messages smaller than this go out uncompressed.',
  }),
} as const
