/** `POST /push`: one JSON object, or a stream of them, one a line. */
import type { IncomingMessage } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { Drainable } from '../delivery/drain.ts'
import type { Gateway } from '../gateway.ts'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { type Pushed, pushAnswer } from '../push.ts'
import { parseJson, readBody, readLines } from './body.ts'
import { type Answer, type Call, ok } from './call.ts'
import { fingerprint, idempotencyKey } from './idempotency-key.ts'

/** The answer to a stream. */
export interface StreamPushed {
  readonly pushed: number
  readonly recipients: number
  /** Lines whose `onMessage` threw or ran out of time, or whose message was too large once encoded. */
  readonly failed: number
}

/** Pushes what the request's body holds; in a moment, when the gateway is just starting. @throws Problem */
export async function push({ gateway, request, log }: Call): Promise<Answer> {
  const type = contentType(request)
  if (gateway.lifecycle.state === 'starting') await gateway.lifecycle.settled()
  const { maxPayloadBytes } = gateway.settings
  const limit = 2 * maxPayloadBytes + 64 * 1024
  if (type === 'application/x-ndjson' && request.headers['idempotency-key'] !== undefined) {
    throw new Problem(400, 'a stream of pushes takes no Idempotency-Key: it belongs to one push')
  }
  if (type === 'application/x-ndjson') return ok(await pushStream(gateway, request, limit, log))
  if (type === 'application/json') return pushOne(gateway, request, limit, log)
  throw new Problem(
    415,
    `takes Content-Type application/json or application/x-ndjson, without Content-Encoding; got ${type || 'none'}`,
  )
}

async function pushOne(
  gateway: Gateway,
  request: IncomingMessage,
  limit: number,
  log: Logger,
): Promise<Answer> {
  const key = idempotencyKey(request)
  const body = await readBody(request, limit, ' (see WS_MAX_PAYLOAD_BYTES)')
  const push = async (): Promise<Pushed> => {
    const pushed = pushAnswer(await gateway.push(parseJson(body), key))
    log.info({ event: 'push', ...pushed }, 'pushed')
    return pushed
  }
  if (key === undefined) return ok(await push())
  const { pushed, isReplay } = await gateway.idempotency.once(key, fingerprint(body), push)
  if (isReplay) log.debug({ event: 'push', ...pushed }, 'this push has happened before')
  return isReplay ? { ...ok(pushed), headers: { 'Idempotent-Replayed': 'true' } } : ok(pushed)
}

async function pushStream(
  gateway: Gateway,
  request: IncomingMessage,
  limit: number,
  log: Logger,
): Promise<StreamPushed> {
  const counts = { pushed: 0, recipients: 0, failed: 0 }
  let line = 1
  try {
    for await (const lines of readLines(request, limit)) {
      // Who got something since the last pause: they are waited for when it becomes too much for them.
      const reached = new Set<Iterable<Drainable>>()
      for (const bytes of lines) {
        if (!isBlank(bytes)) {
          const delivered = await pushLine(gateway, bytes)
          if (delivered === undefined) counts.failed++
          else {
            counts.pushed++
            counts.recipients += delivered.count
            reached.add(delivered.recipients)
          }
        }
        line++
      }
      await turn()
      for (const recipients of reached) await gateway.drain.wait(recipients)
      await gateway.room()
    }
  } catch (error) {
    log.info({ event: 'push', stream: true, ...counts, line }, 'a stream of pushes has ended early')
    if (!(error instanceof Problem)) throw error
    throw new Problem(error.status, error.detail, { ...error.members, ...counts, line }, error)
  }
  log.info({ event: 'push', stream: true, ...counts }, 'a stream was pushed')
  return counts
}

/** Pushes one line; undefined when its `onMessage` failed, which the gateway has logged. */
function pushLine(gateway: Gateway, bytes: Buffer) {
  const failed = (error: unknown): undefined => {
    if (error instanceof Problem && (error.status === 500 || error.status === 504)) return undefined
    throw error
  }
  try {
    const delivered = gateway.push(parseJson(bytes))
    return delivered instanceof Promise ? delivered.catch(failed) : delivered
  } catch (error) {
    return failed(error)
  }
}

/** Spaces, tabs and carriage returns alone. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 32 || byte === 9 || byte === 13)
}

/** The media type without its parameters; empty when the body is compressed, which nothing here undoes. */
function contentType(request: IncomingMessage): string {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return `${encoding}-compressed`
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
