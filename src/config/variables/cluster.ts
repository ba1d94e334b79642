/** Several nodes as one gateway, with Redis between them; and who is present. */
import { matching, milliseconds, wholeNumber, zeroIsOff } from '../kinds.ts'
import { redisUrl } from '../redis-url.ts'
import { variable } from '../variable.ts'

export const cluster = {
  redisUrl: variable<string | null>({
    name: 'WS_REDIS_URL',
    kind: redisUrl,
    default: null,
    shownDefault: 'none',
    secret: true,
    meaning:
      'The Redis or Valkey between several nodes: all gateways with the same `WS_GATEWAY_ID` there are one gateway. `redis://[[user]:password@]host[:port][/database]`, `rediss:` with TLS.',
  }),
  redisHistory: variable({
    name: 'WS_REDIS_HISTORY',
    kind: wholeNumber(100, 100_000_000, 'entries'),
    default: 50_000,
    meaning:
      'So many entries are kept in Redis, about, for a node that was away for a moment. An entry holds what a node had to send while Redis took the one before: one message, or hundreds.',
  }),
  redisHistoryBytes: variable({
    name: 'WS_REDIS_HISTORY_BYTES',
    kind: wholeNumber(1, 999_999_999_999_999, 'bytes'),
    default: 256 * 1024 * 1024,
    meaning: 'Fewer entries are kept when they would hold more than this in Redis, about.',
  }),
  redisBufferBytes: variable({
    name: 'WS_REDIS_BUFFER_BYTES',
    kind: wholeNumber(1, 999_999_999_999_999, 'bytes'),
    default: 64 * 1024 * 1024,
    meaning:
      'While Redis is away, what is meant for other nodes is kept up to this, and sent on afterwards. Past it the oldest is dropped, counted and logged.',
  }),
  nodeTimeoutMs: variable({
    name: 'WS_NODE_TIMEOUT_MS',
    kind: wholeNumber(100, 3_600_000, 'milliseconds'),
    default: 10_000,
    meaning: 'A node of which nothing has been heard for so long is taken for dead by the others.',
  }),
  presenceGraceMs: variable({
    name: 'WS_PRESENCE_GRACE_MS',
    kind: zeroIsOff(milliseconds),
    default: 3000,
    meaning:
      'A user who comes back within this time has not left a group, such as by a reload of the page. 0 is at once.',
  }),
  pushStream: variable<string | null>({
    name: 'WS_PUSH_STREAM',
    kind: matching(/^[\x21-\x7e]{1,512}$/, 'the name of a stream: printable ASCII without blanks'),
    default: null,
    shownDefault: 'none',
    meaning:
      "A stream in Redis whose entries' field `data` is pushed, in order and once, as by `POST /push`. Takes `WS_REDIS_URL`.",
  }),
} as const
