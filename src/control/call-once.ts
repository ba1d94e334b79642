/**
 * A call that is made again when it is not known what has become of it. All its tries have one key, by which the gateway
 * carries it out once (draft-ietf-httpapi-idempotency-key-header).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, type CallOptions, call, type Reply, shown } from './client.ts'
import { GatewayError, socketFault } from './gateway-error.ts'

export interface CallOnceOptions extends CallOptions {
  /** 1 to 255 printable ASCII characters. */
  readonly key: string
}

/** The waits before the further tries, in milliseconds; by chance down to half of that, so that not all come at once. */
const WAITS_MS = [200, 600, 1800]

/** What a proxy answers when the gateway behind it is away, or is so before it has answered. */
const AWAY_STATUS = [502, 503, 504]

/**
 * Makes a call, and three more within some seconds while they break off without an answer of the gateway.
 * @throws GatewayError when it is refused, or no answer comes
 */
export async function callOnce(
  address: Address,
  method: string,
  target: string,
  options: CallOnceOptions,
): Promise<Reply> {
  const { key, signal } = options
  const once = { ...options, headers: { ...options.headers, 'Idempotency-Key': key } }
  let lost: GatewayError | undefined
  for (let tries = 0; ; tries++) {
    try {
      return await call(address, method, target, once)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      // That nobody is there now does not say that nothing has been done before.
      if (lost !== undefined && error.isAbsent) throw lost
      const wait = WAITS_MS[tries]
      if (wait === undefined || !isLost(error)) throw error
      lost = error
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
      if (signal?.aborted) throw givenUp(address, signal)
    }
  }
}

/** Whether the gateway has not answered, though it was there. */
function isLost({ status, code, problem }: GatewayError): boolean {
  if (status === undefined) return code === 'ECONNRESET' || code === 'EPIPE'
  const isOurs = problem?.status === status && typeof problem.detail === 'string'
  return AWAY_STATUS.includes(status) && !isOurs
}

function givenUp(address: Address, { reason }: AbortSignal): GatewayError {
  return socketFault(
    shown(address),
    Object.assign(new Error('aborted', { cause: reason }), { code: 'ABORT_ERR' }),
  )
}
