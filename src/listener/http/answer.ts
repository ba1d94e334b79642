/** Reads what an application has answered, and checks it before anything of it takes effect. */
import { fromBase64 } from '../../base64.ts'
import { nearest } from '../../config/nearest.ts'
import { closeFault } from '../../connections/close-codes.ts'
import { kindOf } from '../../kind-of.ts'
import type { Reply } from './exchange.ts'
import { type Answer, answers, type ListenerEvent } from './schema.ts'

/** An answer that cannot be used: the application's fault, which trying again would not mend. */
export class AnswerFault extends Error {
  override readonly name = 'AnswerFault'
}

/** So much of an answer is shown in the log. */
const SHOWN = 200

/**
 * @returns undefined for an answer without a body
 * @throws AnswerFault for a status other than 2xx, for what is no JSON object, for keys and values that are not taken
 */
export function readAnswer(event: ListenerEvent, { status, encoding, body }: Reply): Answer | undefined {
  if (encoding !== undefined && encoding !== 'identity') {
    throw new AnswerFault(`the answer has Content-Encoding ${encoding}, which was not asked for`)
  }
  const text = decode(body)
  if (status < 200 || status > 299) {
    throw new AnswerFault(`the application answered ${status}${text === '' ? '' : `: ${shown(text)}`}`)
  }
  if (text === '') return undefined
  return checked(event, parse(text))
}

/**
 * Whether an answer may be the beginning of another one, whose end was lost when the application died: one without a
 * length that is empty, or no whole JSON text. Taken for empty, it would send to everyone.
 */
export function mayBeCutOff({ status, isFramed, body }: Reply): boolean {
  if (isFramed || status < 200 || status > 299) return false
  const text = decode(body)
  return text === '' || !isJson(text)
}

/** What a refused client is told: a text or a problem document (RFC 9457) of the application, else undefined. */
export function refusalReason({ type, body }: Reply): string | undefined {
  const text = decode(body)
  if (text === '' || text.length > SHOWN * 4) return undefined
  if (/^text\/plain\b/i.test(type)) return text
  if (!/[/+]json\b/i.test(type)) return undefined
  try {
    const { detail, reason } = Object(JSON.parse(text)) as Record<string, unknown>
    return [detail, reason].find(part => typeof part === 'string')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Without a byte order mark, which an editor may have put before a script, and blanks around. */
function decode(body: Buffer): string {
  return new TextDecoder().decode(body).trim()
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new AnswerFault(`an answer is empty or a JSON object, got ${shown(text)}`)
  }
}

function checked(event: ListenerEvent, value: unknown): Answer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnswerFault(`an answer is empty or a JSON object, got ${kindOf(value)}`)
  }
  const result = answers[event].safeParse(value)
  if (!result.success) {
    throw new AnswerFault(result.error.issues.map(issue => faultText(event, value, issue)).join('; '))
  }
  const answer: Answer = result.data
  const { message, encoding, send = [], close = [] } = answer
  if (encoding !== undefined && fromBase64(message) === undefined) {
    throw new AnswerFault('"message" is no base64 text, which "encoding" says it is')
  }
  send.forEach((one, i) => {
    if (one.encoding === undefined || fromBase64(one.message) !== undefined) return
    throw new AnswerFault(`"send[${i}].message" is no base64 text, which its "encoding" says it is`)
  })
  close.forEach((one, i) => {
    const fault = typeof one === 'string' ? undefined : closeFault(one.code ?? 1000, one.reason ?? '')
    if (fault !== undefined) throw new AnswerFault(`"close[${i}]": ${fault}`)
  })
  return answer
}

interface Issue {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

function faultText(event: ListenerEvent, value: unknown, { code, path, message, keys = [] }: Issue): string {
  const place = placeOf(path)
  if (code === 'unrecognized_keys') {
    const known = path.length > 0 ? [] : Object.keys(answers[event].shape)
    const takes = known.length > 0 ? `; it takes ${known.join(', ')}` : ''
    return keys
      .map(key => {
        const near = nearest(key, known)
        const inside = place === '' ? `an answer to "${event}"` : `"${place}"`
        return `"${key}" is no key of ${inside}${near ? `; did you mean "${near}"?` : takes}`
      })
      .join('; ')
  }
  const got = path.reduce<unknown>((inner, key) => Object(inner)[key], value)
  if (got === undefined) return `"${place}" is missing`
  return `"${place}" takes ${message}, got ${typeof got === 'string' ? JSON.stringify(got.slice(0, SHOWN)) : kindOf(got)}`
}

/** `send[0].to` */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
