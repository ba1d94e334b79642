/** Warnings about settings of the listener that say nothing, or little, together. */
import { applicationAddress } from './listener-place.ts'
import { type Settings, variables } from './settings.ts'

/** What is for a listener in a file alone, and what for an application alone. */
const forFile = ['onHandshake', 'onOpen', 'onClose', 'onMessage', 'listenerPollMs'] as const
const forApplication = ['listenerSecret', 'listenerEvents', 'listenerConcurrency'] as const

/** Standard Webhooks asks for 192 bits or more. */
const GOOD_SECRET_BYTES = 24

export function listenerWarnings(settings: Settings, given: ReadonlySet<keyof Settings>): string[] {
  const address = applicationAddress(settings.listener)
  const idle = address === undefined ? forApplication : forFile
  const what = address === undefined ? 'a file or folder' : 'an application'
  const warnings = idle
    .filter(key => given.has(key))
    .map(key => `${variables[key].name} has no effect where WS_LISTENER is ${what}`)
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
