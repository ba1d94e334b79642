/** What a push consists of, out of the texts of a form. */
import { readName } from './name.ts'

export type MessageKind = 'text' | 'json' | 'base64'

export interface PushForm {
  readonly kind: MessageKind
  readonly message: string
  readonly toEveryone: boolean
  /** One a line, each: a name as it is, or as `shownName` shows it. */
  readonly connections: string
  readonly groups: string
  readonly users: string
  readonly except: string
  /** A JSON object with further keys for the listener, or nothing. */
  readonly more: string
}

/**
 * The body of `POST /push`.
 * @throws Error that says what is wrong with the form
 */
export function pushBody(form: PushForm): Record<string, unknown> {
  const body = { ...furtherKeys(form.more), message: messageOf(form) } as Record<string, unknown>
  if (form.kind === 'base64') body.encoding = 'base64'
  if (!form.toEveryone) {
    const to = {
      connections: linesOf(form.connections),
      groups: linesOf(form.groups),
      users: linesOf(form.users),
    }
    const named = Object.entries(to).filter(([, names]) => names.length > 0)
    if (named.length === 0) throw new Error('Name a connection, a group or a user, or push to everyone.')
    for (const [name, names] of named) body[name] = names
  }
  const except = linesOf(form.except)
  if (except.length > 0) body.except = except
  return body
}

function messageOf({ kind, message }: PushForm): unknown {
  return kind === 'json' ? parse(message, 'The message') : message
}

function furtherKeys(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  const value = parse(text, 'Further keys')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('Further keys are a JSON object, such as {"room": "cats"}.')
  }
  return value as Record<string, unknown>
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${what}: this is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

/** A name may begin or end with a blank; an empty line is none. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(readName)
}
