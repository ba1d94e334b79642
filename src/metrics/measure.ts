/** Takes from a gateway what its metrics are read from. */
import type { Gateway } from '../gateway.ts'
import type { Measured } from './metric.ts'
import { processFigures } from './process-figures.ts'

/** Reads all of it at one moment. */
export async function measure(gateway: Gateway): Promise<Measured> {
  const process = await processFigures()
  const { settings, durations, letsIn, isListenerReady } = gateway
  return {
    process,
    durations,
    letsIn,
    isListenerReady,
    status: gateway.status(),
    health: gateway.health().status,
    maxConnections: settings.maxConnections,
    bufferBytes: settings.redisBufferBytes,
    loopDelays: gateway.vitals.loopDelays,
  }
}
