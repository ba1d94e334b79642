/** Warnings about settings of the listener that say nothing, or little, together. */
import { applicationAddress } from './listener-place.ts'
import type { Settings } from './settings.ts'

/** What is for a listener in a file alone, and what for an application alone. */
const forFile = {
  onHandshake: 'WS_LISTENER_ON_HANDSHAKE',
  onOpen: 'WS_LISTENER_ON_OPEN',
  onClose: 'WS_LISTENER_ON_CLOSE',
  onMessage: 'WS_LISTENER_ON_MESSAGE',
  listenerPollMs: 'WS_LISTENER_POLL_MS',
} as const
const forApplication = {
  listenerSecret: 'WS_LISTENER_SECRET',
  listenerEvents: 'WS_LISTENER_EVENTS',
  listenerConcurrency: 'WS_LISTENER_CONCURRENCY',
} as const

/** Standard Webhooks asks for 192 bits or more. */
const GOOD_SECRET_BYTES = 24

export function listenerWarnings(settings: Settings, given: ReadonlySet<keyof Settings>): string[] {
  const address = applicationAddress(settings.listener)
  const idle = Object.entries(address === undefined ? forApplication : forFile) as [keyof Settings, string][]
  const what = address === undefined ? 'a file or folder' : 'an application'
  const warnings = idle
    .filter(([key]) => given.has(key))
    .map(([, name]) => `${name} has no effect where WS_LISTENER is ${what}`)
  if (address === undefined) return warnings
  const { listenerSecret, listenerEvents } = settings
  if (listenerSecret === null && address.socketPath === undefined) {
    warnings.push(
      'WS_LISTENER_SECRET is not set: the application cannot tell the requests of this gateway from those of others',
    )
  }
  for (const key of listenerSecret ?? []) {
    if (key.length >= GOOD_SECRET_BYTES) continue
    warnings.push(
      `WS_LISTENER_SECRET has ${key.length} bytes; one that is shorter than ${GOOD_SECRET_BYTES} can be guessed from one request`,
    )
  }
  if (!listenerEvents.includes('message')) {
    warnings.push(
      'WS_LISTENER_EVENTS has no "message": what a client sends goes to everyone, and the application is not asked',
    )
  }
  return warnings
}
