/** What is wrong, or worth a warning, with settings that are good one by one. */
import { belongTogether } from '../tls/pem.ts'
import { listenerWarnings } from './listener-warnings.ts'
import { type Settings, variables } from './settings.ts'

/** Faults: the process does not start with them. */
export function faultsTogether(settings: Settings): string[] {
  const { jwtSecret, jwtPublicKey, jwtJwksUrl, jwtIssuer, jwtAudience, jwtCookie, jwtGroupsClaim } = settings
  const faults: string[] = []
  const keys = [
    ['WS_JWT_SECRET', jwtSecret],
    ['WS_JWT_PUBLIC_KEY', jwtPublicKey],
    ['WS_JWT_JWKS_URL', jwtJwksUrl],
  ].flatMap(([name, value]) => (value === null ? [] : [name]))
  if (keys.length > 1) faults.push(`${keys[1]}: got together with ${keys[0]}, takes one key alone`)
  if (keys.length === 0) {
    for (const [name, value] of [
      ['WS_JWT_ISSUER', jwtIssuer],
      ['WS_JWT_AUDIENCE', jwtAudience],
      ['WS_JWT_COOKIE', jwtCookie],
      ['WS_JWT_GROUPS_CLAIM', jwtGroupsClaim],
    ] as const) {
      if (value === null) continue
      faults.push(
        `${name}: got ${JSON.stringify(String(value))} without a key, takes one of WS_JWT_SECRET, WS_JWT_PUBLIC_KEY, WS_JWT_JWKS_URL with it: nobody's token would be checked`,
      )
    }
  }
  if (settings.controlPort !== null && settings.controlToken === null) {
    faults.push(
      'WS_CONTROL_TOKEN: got none, takes a text of at least 16 characters when WS_CONTROL_PORT is set',
    )
  }
  if (settings.pushStream !== null && settings.redisUrl === null) {
    faults.push(
      `WS_PUSH_STREAM: got ${JSON.stringify(settings.pushStream)} without WS_REDIS_URL, takes the Redis that holds the stream with it`,
    )
  }
  faults.push(...tlsFaults(settings))
  return faults
}

function tlsFaults({ tlsCert, tlsKey }: Settings): string[] {
  if (tlsCert === null && tlsKey === null) return []
  if (tlsKey === null) return ['WS_TLS_KEY: got none, takes the private key of WS_TLS_CERT']
  if (tlsCert === null) return ['WS_TLS_CERT: got none, takes the certificate of WS_TLS_KEY']
  return belongTogether(tlsCert, tlsKey) ? [] : ['WS_TLS_KEY: is not the key of WS_TLS_CERT']
}

/** RFC 7518 §3.2: a key of the same size as the hash output or larger. */
const GOOD_SECRET_BYTES = 32

/** Warnings: the process starts, and says them in its log. */
export function warningsTogether(settings: Settings, given: ReadonlySet<keyof Settings>): string[] {
  const warnings: string[] = []
  if (!given.has('allowedOrigins')) {
    warnings.push(
      'WS_ALLOWED_ORIGINS is not set: pages of every origin may connect; give a list of origins, or * to say that this is meant',
    )
  }
  const secretBytes = settings.jwtSecret === null ? GOOD_SECRET_BYTES : Buffer.byteLength(settings.jwtSecret)
  if (secretBytes < GOOD_SECRET_BYTES) {
    warnings.push(
      `WS_JWT_SECRET has ${secretBytes} bytes; a secret that is shorter than ${GOOD_SECRET_BYTES} can be guessed from one token`,
    )
  }
  if (settings.jwtCookie !== null && settings.allowedOrigins.includes('*')) {
    warnings.push(
      'WS_JWT_COOKIE with WS_ALLOWED_ORIGINS=*: every page that a user opens can connect in the name of that user, since browsers send the cookie by themselves',
    )
  }
  const { drainMs, shutdownTimeoutMs, maxMessagesBurst, maxMessagesPerSecond } = settings
  if (drainMs > drainLimitMs(shutdownTimeoutMs)) {
    warnings.push(
      `WS_DRAIN_MS of ${drainMs} leaves no time in WS_SHUTDOWN_TIMEOUT_MS (${shutdownTimeoutMs}) to close what is open: ${drainLimitMs(shutdownTimeoutMs)} counts`,
    )
  }
  if (maxMessagesBurst > 0 && maxMessagesPerSecond === 0) {
    warnings.push('WS_MAX_MESSAGES_BURST says nothing without WS_MAX_MESSAGES_PER_SECOND')
  }
  if (given.has('logMaxFiles') && settings.logMaxBytes === 0) {
    warnings.push('WS_LOG_MAX_FILES says nothing without WS_LOG_MAX_BYTES')
  }
  if (settings.redisUrl !== null && settings.redisBufferBytes < settings.maxPayloadBytes) {
    warnings.push(
      `WS_REDIS_BUFFER_BYTES (${settings.redisBufferBytes}) is less than WS_MAX_PAYLOAD_BYTES (${settings.maxPayloadBytes}): while Redis is away, one large message would drive out all others`,
    )
  }
  if (settings.redisUrl === null) {
    for (const key of ['redisHistory', 'redisHistoryBytes', 'redisBufferBytes', 'nodeTimeoutMs'] as const) {
      if (given.has(key)) warnings.push(`${variables[key].name} says nothing without WS_REDIS_URL`)
    }
  }
  return [...warnings, ...listenerWarnings(settings, given)]
}

/** The longest drain: a part of the shutdown time is left for what comes after it. */
export function drainLimitMs(shutdownTimeoutMs: number): number {
  return Math.floor(shutdownTimeoutMs * 0.7)
}
