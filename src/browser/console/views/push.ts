/** A form that pushes, and shows what has come of it. */
import { faultText } from '../api.ts'
import type { View } from '../context.ts'
import { element, labelled, setText } from '../element.ts'
import { clock, counted } from '../format.ts'
import { shownName } from '../name.ts'
import { type MessageKind, pushBody } from '../push-body.ts'

const KINDS: readonly (readonly [MessageKind, string])[] = [
  ['text', 'Text'],
  ['json', 'JSON'],
  ['base64', 'Binary, as base64'],
]

export const push: View = ({ api, params, signal }) => {
  const message = element('textarea', { rows: 6, spellcheck: 'false' })
  const kinds = KINDS.map(([value, label]) => radio('kind', value, label, value === 'text'))
  const isChosen = params.has('connection') || params.has('group') || params.has('user')
  const everyone = radio('to', 'everyone', 'Everyone', !isChosen)
  const some = radio('to', 'some', 'These alone', isChosen)
  const names = (name: string): HTMLTextAreaElement => {
    const area = element('textarea', { rows: 2, spellcheck: 'false' })
    area.value = shownName(params.get(name) ?? '')
    return area
  }
  const connections = names('connection')
  const groups = names('group')
  const users = names('user')
  const except = names('except')
  const more = element('textarea', { rows: 2, spellcheck: 'false', placeholder: '{"room": "cats"}' })
  const chosen = element(
    'div',
    { class: 'columns three', hidden: !isChosen },
    labelled('Connections, one id a line', connections),
    labelled('Groups, one a line', groups),
    labelled('Users, one a line', users),
  )
  for (const { input } of [everyone, some]) {
    input.addEventListener('change', () => {
      chosen.hidden = everyone.input.checked
    })
  }
  const submit = element('button', { type: 'submit', class: 'primary' }, 'Push')
  const answer = element('p', { class: 'good', role: 'status' })
  const fault = element('p', { class: 'fault', role: 'alert', hidden: true })
  const raw = element('pre', { hidden: true, tabindex: 0, 'aria-label': 'The answer as it came' })
  const form = element(
    'form',
    { class: 'panel form' },
    fieldset('Message', row(...kinds.map(({ label }) => label)), labelled('What is sent', message)),
    fieldset(
      'Recipients',
      row(everyone.label, some.label),
      chosen,
      labelled('Except these connections, one id a line', except),
    ),
    element(
      'details',
      {},
      element('summary', {}, 'Further keys for the listener'),
      labelled('A JSON object; onMessage finds them in data', more),
    ),
    element(
      'div',
      { class: 'actions' },
      submit,
      element('span', { class: 'hint' }, 'Ctrl+Enter pushes as well'),
    ),
    answer,
    fault,
    raw,
  )
  const show = (good: string, bad: string, body?: unknown): void => {
    setText(answer, good)
    setText(fault, bad)
    fault.hidden = bad === ''
    raw.hidden = body === undefined
    setText(raw, body === undefined ? '' : JSON.stringify(body, null, 2))
  }
  form.addEventListener('submit', async event => {
    event.preventDefault()
    show('', '')
    submit.disabled = true
    try {
      const body = pushBody({
        kind: KINDS[kinds.findIndex(({ input }) => input.checked)]?.[0] ?? 'text',
        message: message.value,
        toEveryone: everyone.input.checked,
        connections: connections.value,
        groups: groups.value,
        users: users.value,
        except: except.value,
        more: more.value,
      })
      const pushed = await api.call<{ recipients: number }>('POST', '/push', { body, signal })
      show(`Pushed to ${counted(pushed.recipients, 'connection')} at ${clock(new Date())}.`, '', pushed)
    } catch (error) {
      show('', faultText(error, signal) ?? '')
    } finally {
      submit.disabled = false
    }
  })
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit()
  })
  return element('div', { class: 'view narrow' }, element('h1', {}, 'Push'), form)
}

function row(...content: HTMLElement[]): HTMLElement {
  return element('div', {}, ...content)
}

function fieldset(title: string, ...content: HTMLElement[]): HTMLFieldSetElement {
  return element('fieldset', {}, element('legend', {}, title), ...content)
}

function radio(
  name: string,
  value: string,
  label: string,
  checked: boolean,
): { readonly input: HTMLInputElement; readonly label: HTMLLabelElement } {
  const input = element('input', { type: 'radio', name, value, checked })
  return { input, label: element('label', { class: 'check' }, input, ` ${label}`) }
}
