/** Calls of the control API as any client makes them, with what was asked. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

/** A control API: its Unix socket, or its port on 127.0.0.1, seen from an address of the loopback network. */
export type Door = { readonly socketPath: string } | { readonly port: number; readonly localAddress?: string }

export interface Question {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** What happens once the answer has begun. */
  readonly meanwhile?: () => unknown
  /** Reads no further when this holds of what has come. */
  readonly enough?: (text: string) => boolean
}

export interface Answer {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly asked: Question
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** JSON that has been read; undefined for another type, or none. */
  readonly body: unknown
}

export async function ask(door: Door, method: string, path: string, asked: Question = {}): Promise<Answer> {
  const { headers: sent = {}, body: entity, meanwhile, enough = () => false } = asked
  const call = request({ ...door, method, path, headers: sent, agent: false })
  call.end(entity)
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  await meanwhile?.()
  let text = ''
  for await (const part of response.setEncoding('utf8')) {
    text += part
    if (enough(text)) break
  }
  const isJson = /json/.test(headers['content-type'] ?? '') && text !== ''
  const body: unknown = isJson ? JSON.parse(text) : undefined
  return { method, path, asked, status: response.statusCode ?? 0, headers, text, body }
}

/** A call whose answer has begun and does not end. @returns ends it */
export async function hold(door: Door, path: string): Promise<() => void> {
  const call = request({ ...door, path, agent: false })
  call.end()
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  response.on('error', () => undefined).resume()
  return () => call.destroy()
}

export interface ServerSentEvent {
  readonly event: string
  readonly data: unknown
}

/** Server-sent events with their data (the HTML standard, §9.2.6). One that has not come to its end is none yet. */
export function eventsOf(text: string): ServerSentEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap(block => {
      const field = (name: string): string =>
        block
          .split('\n')
          .filter(line => line.startsWith(`${name}: `))
          .map(line => line.slice(name.length + 2))
          .join('\n')
      const data = field('data')
      return data === '' ? [] : [{ event: field('event'), data: JSON.parse(data) as unknown }]
    })
}
