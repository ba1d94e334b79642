/** Reads what an application has answered, and checks it before anything of it takes effect. */
import { fromBase64 } from '../../base64.ts'
import { nearest } from '../../config/nearest.ts'
import { closeFault } from '../../connections/close-codes.ts'
import { readInfo } from '../../connections/info.ts'
import { depthFault } from '../../json-depth.ts'
import { kindOf } from '../../kind-of.ts'
import type { Reply } from './exchange.ts'
import { AnswerFault } from './faults.ts'
import { faultOfLists } from './list-faults.ts'
import { type Answer, answers, type ListenerEvent } from './schema.ts'

/** So much of an answer is shown in the log, and so many of its faults. */
const SHOWN = 200
const SOME = 3

/**
 * @returns undefined for an answer without a body
 * @throws AnswerFault for a status other than 2xx, for what is no JSON object, for keys and values that are not taken
 */
export function readAnswer(event: ListenerEvent, reply: Reply): Answer | undefined {
  const { status, encoding, body, location } = reply
  if (encoding !== undefined && encoding !== 'identity') {
    throw new AnswerFault(`the answer has Content-Encoding ${encoding}, which was not asked for`)
  }
  if (location !== undefined && status >= 300 && status <= 399) {
    throw new AnswerFault(
      `the application answered ${status}, to ${shown(location)}: redirects are not followed`,
    )
  }
  if (status < 200 || status > 299) {
    const text = readable(body)
    throw new AnswerFault(`the application answered ${status}${text === '' ? '' : `: ${shown(text)}`}`)
  }
  const text = decode(body)
  if (text === '') return undefined
  return checked(event, parse(text))
}

/**
 * Whether an answer may be the beginning of another one, whose end was lost when the application died: one without a
 * length that is empty, or no whole JSON text. Taken for empty, it would send to everyone.
 */
export function mayBeCutOff({ status, isFramed, body }: Reply): boolean {
  if (isFramed || status < 200 || status > 299) return false
  // Only such an answer is read twice. Its end may lie within a letter.
  return tryJson(readable(body)) === undefined
}

/** What a refused client is told: a text or a problem document (RFC 9457) of the application, else undefined. */
export function refusalReason({ type, encoding, body }: Reply): string | undefined {
  if (encoding !== undefined && encoding !== 'identity') return undefined
  const text = readable(body)
  if (text === '' || text.length > SHOWN * 4) return undefined
  if (/^text\/plain\b/i.test(type)) return text
  if (!/[/+]json\b/i.test(type)) return undefined
  const { detail, reason } = Object(tryJson(text)?.value) as Record<string, unknown>
  return [detail, reason].find(part => typeof part === 'string')
}

/** What a body says to a reader, whatever it is. */
export function readable(body: Buffer): string {
  return new TextDecoder().decode(body).trim()
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Without a byte order mark, which an editor may have put before a script, and blanks around.
 * @throws AnswerFault for what is no UTF-8: it would be sent with its letters lost
 */
function decode(body: Buffer): string {
  try {
    return utf8.decode(body).trim()
  } catch (error) {
    if (error instanceof TypeError) throw new AnswerFault('the answer is no UTF-8 text')
    throw error
  }
}

/** The value of a JSON text; undefined for what is none. */
function tryJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function parse(text: string): unknown {
  const fault = depthFault(text)
  if (fault !== undefined) throw new AnswerFault(`the answer cannot be used: ${fault}`)
  const json = tryJson(text)
  if (json !== undefined) return json.value
  throw new AnswerFault(`an answer is empty or a JSON object, and this is no JSON: ${shown(text)}`)
}

function checked(event: ListenerEvent, value: unknown): Answer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnswerFault(`an answer is empty or a JSON object, got ${kindOf(value)}`)
  }
  const early = faultOfLists(value)
  if (early !== undefined) throw new AnswerFault(early)
  const result = answers[event].safeParse(value)
  if (!result.success) {
    const { issues } = result.error
    throw new AnswerFault(someOf(issues, '; ', issue => faultText(event, value, issue)))
  }
  const answer: Answer = result.data
  const { message, encoding, info, send = [], close = [] } = answer
  if (encoding !== undefined && fromBase64(message) === undefined) {
    throw new AnswerFault('"message" is no base64 text, which "encoding" says it is')
  }
  try {
    readInfo(info, '"info"')
  } catch (error) {
    if (error instanceof RangeError) throw new AnswerFault(error.message)
    throw error
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
  /** For each form that a value may have, why it has it not. */
  readonly errors?: readonly (readonly Issue[])[]
}

function faultText(event: ListenerEvent, value: unknown, issue: Issue): string {
  const { code, path, message, keys = [], errors = [] } = issue
  const place = placeOf(path)
  // Of that form which the value was meant to have, as something within it shows.
  const meant = errors.find(form =>
    form.some(inner => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  )
  if (meant !== undefined) {
    return someOf(meant, '; ', inner => faultText(event, value, { ...inner, path: [...path, ...inner.path] }))
  }
  if (code === 'unrecognized_keys') {
    const known = path.length > 0 ? [] : Object.keys(answers[event].shape)
    const takes = known.length > 0 ? `; it takes ${known.join(', ')}` : ''
    const inside = place === '' ? `an answer to "${event}"` : `"${place}"`
    return someOf(keys, '; ', key => {
      const near = nearest(key, known)
      return `${shown(key)} is no key of ${inside}${near ? `; did you mean "${near}"?` : takes}`
    })
  }
  const got = path.reduce<unknown>((inner, key) => Object(inner)[key], value)
  if (got === undefined) return `"${place}" is missing`
  return `"${place}" takes ${message}, got ${typeof got === 'string' ? shown(got) : kindOf(got)}`
}

/** The texts of the first few, and how many there are beside. */
function someOf<T>(all: readonly T[], between: string, text: (one: T) => string): string {
  const texts = all.slice(0, SOME).map(text)
  const more = all.length > SOME ? [`and ${all.length - SOME} more`] : []
  return [...texts, ...more].join(between)
}

/** `send[0].to` */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

/** The beginning of a text, for a line of the log. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
