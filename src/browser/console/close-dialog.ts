/** Closing a connection, or all of a user, with a code and a reason. */

import { closeWords } from '../../connections/close-words.ts'
import { faultText, withQuery } from './api.ts'
import type { Context } from './context.ts'
import { ask } from './dialog.ts'
import { element, labelled, setText } from './element.ts'
import { counted } from './format.ts'
import { shownName } from './name.ts'

/** Asks for the code and the reason, and closes. */
export async function closeConnection(context: Context, id: string): Promise<void> {
  await close(context, `connection ${id}`, `/connections/${encodeURIComponent(id)}`)
}

export async function closeUser(context: Context, user: string): Promise<void> {
  await close(context, `all connections of ${shownName(user)}`, `/users/${encodeURIComponent(user)}`)
}

async function close({ api, notices, signal }: Context, whose: string, path: string): Promise<void> {
  const code = element('input', { type: 'number', min: 1000, max: 4999, value: 1000, required: true })
  const words = element('span', { class: 'hint', role: 'status' })
  const say = (): void => setText(words, closeWords(Number(code.value)).name)
  code.addEventListener('input', say)
  say()
  const reason = element('input', { type: 'text', maxlength: 123 })
  const content = [labelled('Code', code), words, labelled('Reason, which the client is told', reason)]
  if (!(await ask({ title: `Close ${whose}?`, content, action: 'Close', isDangerous: true }, signal))) return
  notices.clear()
  try {
    const query = { code: code.value, reason: reason.value }
    const answer = await api.call<{ connections?: number }>('DELETE', withQuery(path, query), { signal })
    const many = answer.connections === undefined ? '' : ` (${counted(answer.connections, 'connection')})`
    notices.done(`Closed ${whose} with code ${code.value}${many}.`)
  } catch (error) {
    const fault = faultText(error, signal)
    if (fault !== undefined) notices.failed(`${whose} not closed: ${fault}`)
  }
}
