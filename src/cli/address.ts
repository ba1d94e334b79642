/** Which gateway a command talks to. */

import { findValue, readEnvironment } from '../config/environment.ts'
import { ConfigError, readConfig, type Settings, variables } from '../config.ts'
import { type Address, remoteGateway, socketPath } from '../control/client.ts'
import { UsageError } from './command.ts'

/**
 * Where the gateway is that is addressed.
 * @param id what `--id` says; `WS_GATEWAY_ID` when left out
 * @param url what `--url` says: the control API over TCP, with the token of `WS_CONTROL_TOKEN`
 * @throws UsageError, ConfigError
 */
export function address({ id, url }: { readonly id?: string; readonly url?: string }): Address {
  const { kind } = variables.gatewayId
  if (id !== undefined && kind.read(id) === undefined) {
    throw new UsageError(`--id takes ${kind.takes}, got ${JSON.stringify(id)}`)
  }
  if (url !== undefined) {
    if (!/^https?:\/\/[^/]/i.test(url) || !URL.canParse(url)) {
      throw new UsageError(`--url takes a URL such as http://gateway:10126, got ${JSON.stringify(url)}`)
    }
    return remoteGateway(url, readSettings('controlToken').controlToken, id)
  }
  const { controlDir, gatewayId } = readSettings(
    'controlDir',
    ...(id === undefined ? ['gatewayId' as const] : []),
  )
  return socketPath(controlDir, id ?? gatewayId)
}

/**
 * Reads some settings alone, so that a fault of another variable does not stop a push.
 * @throws ConfigError with the faults of these
 */
export function readSettings<K extends keyof Settings>(...keys: K[]): Pick<Settings, K> {
  const faults: string[] = []
  const environment = readEnvironment(process.env, process.cwd(), faults)
  const settings: Partial<Settings> = {}
  for (const key of keys) {
    const { name, kind, default: fallback } = variables[key]
    const found = findValue(environment, name)
    if (found === undefined || 'emptyFile' in found) {
      // An unreadable .env might have set it.
      if (faults.length > 0) throw new ConfigError(faults)
      Object.assign(settings, { [key]: fallback })
      continue
    }
    const value = 'text' in found ? kind.read(found.text) : undefined
    if (value === undefined) throw new ConfigError(faultsOf(name))
    Object.assign(settings, { [key]: value })
  }
  // Complete: the loop has set each key, or thrown.
  return settings as Pick<Settings, K>
}

/** What the gateway itself says of a variable with a fault. */
function faultsOf(name: string): string[] {
  try {
    readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.filter(fault => fault.startsWith(name))
  }
  return []
}
