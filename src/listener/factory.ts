/** Chooses the listener by what `WS_LISTENER` names. */
import { applicationAddress } from '../config/listener-place.ts'
import type { Config, Settings } from '../config.ts'
import { ListenerHost } from './host.ts'
import type { ListenerFactory } from './listener.ts'
import type { ListenerLog } from './log.ts'

export interface ListenerFactoryOptions {
  readonly log: ListenerLog
  /** The gateway's version, for an application to see. */
  readonly version: string
  /** What imports of the gateway's own package resolve to, in a listener's file. */
  readonly modules: Readonly<Record<string, object>>
}

/** What makes the listener of these settings. */
export async function listenerFactory(
  { settings, given }: Pick<Config, 'settings' | 'given'>,
  { log, version, modules }: ListenerFactoryOptions,
): Promise<ListenerFactory> {
  const { listener, listenerTimeoutMs: timeoutMs, listenerPollMs: pollMs, maxPayloadBytes } = settings
  const address = applicationAddress(listener)
  if (address === undefined) {
    const names = hookNames(settings, given)
    return ({ createGateway, inUse }) =>
      new ListenerHost({ path: listener, names, timeoutMs, pollMs, log, createGateway, inUse, modules })
  }
  // Loaded only where it is needed, with undici and zod.
  const { HttpListener } = await import('./http/http-listener.ts')
  const { listenerEvents: events, listenerSecret, listenerConcurrency: concurrency } = settings
  return side =>
    new HttpListener(
      {
        place: listener,
        address,
        events,
        keys: listenerSecret ?? [],
        concurrency,
        timeoutMs,
        // In JSON each byte may be written with six (\u0001).
        maxAnswerBytes: 6 * maxPayloadBytes + 64 * 1024,
        userAgent: `websocket-gateway/${version}`,
        log,
      },
      side,
    )
}

function hookNames(settings: Settings, given: ReadonlySet<keyof Settings>) {
  const hook = (key: 'onHandshake' | 'onOpen' | 'onClose' | 'onMessage') => ({
    name: settings[key],
    required: given.has(key),
  })
  return {
    handshake: hook('onHandshake'),
    open: hook('onOpen'),
    close: hook('onClose'),
    message: hook('onMessage'),
  }
}
