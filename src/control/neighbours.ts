/** The gateways whose sockets are in the same control folder. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { StatusJson } from '../status.ts'
import { call, GatewayError } from './client.ts'

const SUFFIX = '.sock'
/** For all of them, since they are asked at the same time. */
const WITHIN_MS = 2000

const NO_GATEWAY = 'no gateway'

/** A gateway's status, or what there is to say of one that cannot be asked. */
export type Neighbour = Pick<StatusJson, 'id'> &
  Partial<Omit<StatusJson, 'state'>> & { readonly state: string }

/** The socket of a gateway in a control folder. */
export function neighbourSocket(folder: string, id: string): string {
  return join(folder, `${id}${SUFFIX}`)
}

/**
 * Asks each gateway that has a socket there; a folder that does not exist has none. One that a killed process has left
 * behind is `dead`.
 * @throws GatewayError when the folder cannot be read
 */
export function askNeighbours(folder: string): Promise<Neighbour[]> {
  return Promise.all(idsIn(folder).map(id => askNeighbour(folder, id)))
}

/** The ids that have a socket there; a folder that does not exist has none. @throws GatewayError */
export function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.name.endsWith(SUFFIX) && (entry.isSocket() || entry.isSymbolicLink()))
      .map(entry => entry.name.slice(0, -SUFFIX.length))
      .sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new GatewayError(`the control folder ${resolve(folder)} cannot be read: ${message}`, { code })
  }
}

/** Asks the one whose socket has this name. */
export async function askNeighbour(folder: string, id: string): Promise<Neighbour> {
  try {
    const signal = AbortSignal.timeout(WITHIN_MS)
    const { text } = await call(neighbourSocket(folder, id), 'GET', '/status', { signal })
    const status: Partial<StatusJson> | null = JSON.parse(text)
    // By the name of its socket, which is what reaches it, also when that is a link to another one's.
    return isGateway(status) ? { ...status, id } : { id, state: NO_GATEWAY }
  } catch (error) {
    return { id, state: error instanceof GatewayError ? state(error) : NO_GATEWAY }
  }
}

/** Others may answer this call as well, with something else. */
function isGateway(status: Partial<StatusJson> | null): status is StatusJson {
  return [status?.id, status?.state, status?.mode, status?.version].every(text => typeof text === 'string')
}

function state(error: GatewayError): string {
  if (error.isAbsent) return 'dead'
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'no permission'
  return error.code === 'ETIMEDOUT' ? 'no answer' : NO_GATEWAY
}
