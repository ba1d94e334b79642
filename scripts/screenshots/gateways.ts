/** Real gateways for the pictures, in a temporary folder. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Answer, callSocket, GatewayProcess } from '../../test/support/gateway.ts'

export const TOKEN = 'the-token-of-the-pictures'

/** What the second gateway tells, from time to time. */
const TICKER = fileURLToPath(new URL('../../listener/examples/ticker.ts', import.meta.url))
const ROOMS = fileURLToPath(new URL('listener.ts', import.meta.url))
const STARTS_WITHIN_MS = 60_000

export interface Gateways {
  /** Where the command finds them. */
  readonly folder: string
  readonly main: GatewayProcess
  /** The port of the main one's control API. */
  readonly controlPort: number
  /** A call of the main one's control API. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly stop: () => Promise<void>
}

/** Starts two gateways that share a control folder and a log: `chat` with its console over TCP, and `ticker`. */
export async function startGateways(folder: string): Promise<Gateways> {
  mkdirSync(join(folder, 'listener'))
  copyFileSync(ROOMS, join(folder, 'listener', 'listener.ts'))
  const main = new GatewayProcess(folder, {
    env: {
      WS_GATEWAY_ID: 'chat',
      WS_PORT: await ifFree(10125),
      WS_CONTROL_PORT: await ifFree(10126),
      WS_CONTROL_TOKEN: TOKEN,
      // The crowd comes from everywhere.
      WS_TRUST_PROXY: '127.0.0.1',
      WS_HEARTBEAT_MS: '600000',
    },
  })
  const ticker = new GatewayProcess(folder, { env: { WS_GATEWAY_ID: 'ticker', WS_LISTENER: TICKER } })
  const socket = join(folder, 'run', 'chat.sock')
  const call: Gateways['call'] = (method, path, body) =>
    callSocket(socket, method, path, body === undefined ? undefined : JSON.stringify(body), {
      'content-type': 'application/json',
    })
  const stop = async (): Promise<void> => {
    await Promise.all([main.stop(), ticker.stop()])
  }
  try {
    for (const gateway of [main, ticker]) {
      await gateway.line(({ event, port }) => event === 'gateway.start' && !!port, 0, STARTS_WITHIN_MS)
    }
    const { body } = await call('GET', '/status')
    return { folder, main, controlPort: body.controlPort, call, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The default port where nobody has it, as a reader knows it; else 0, which is a free one. */
function ifFree(port: number): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve('0')
    })
    socket.on('error', () => resolve(String(port)))
  })
}
