/** What one connection or user sends and gets, once somebody has asked for it. */

import { closeWords } from '../../../connections/close-words.ts'
import type { TraceEvent } from '../../../tracing/event.ts'
import { faultText, withQuery } from '../api.ts'
import type { View } from '../context.ts'
import { button, element, labelled, select, setText } from '../element.ts'
import { readEvents } from '../events.ts'
import { bytes, clock, count, counted } from '../format.ts'
import { readName, shownName } from '../name.ts'
import { asHex, asText } from '../payload.ts'
import { Tail } from '../tail.ts'

export const trace: View = ({ api, params, signal, remember }) => {
  let isHex = params.get('as') === 'hex'
  let dropped = 0
  let running: AbortController | undefined
  const user = params.get('user')
  const whose = select(
    [
      ['connection', 'Connection'],
      ['user', 'User'],
    ],
    user === null ? 'connection' : 'user',
  )
  const name = element('input', {
    type: 'text',
    value: shownName(user ?? params.get('connection') ?? ''),
    required: true,
    spellcheck: 'false',
  })
  const seconds = element('input', { type: 'number', min: 1, max: 3600, value: 600, required: true })
  const limit = element('input', { type: 'number', min: 0, max: 65536, value: 1024, required: true })
  const startButton = element('button', { type: 'submit', class: 'primary' }, 'Start')
  const stopButton = button('Stop', () => running?.abort(), { disabled: true })
  const state = element(
    'p',
    { class: 'hint', role: 'status' },
    'Off. Nothing is looked at until you start it.',
  )
  const fault = element('p', { class: 'fault', role: 'alert', hidden: true })
  const tail = new Tail<TraceEvent>('What is sent and received', line => traceRow(line, isHex))
  const hex = button('Hexadecimal', () => {
    isHex = !isHex
    hex.setAttribute('aria-pressed', String(isHex))
    remembered()
    tail.redraw()
  })
  hex.setAttribute('aria-pressed', String(isHex))
  const clear = button('Clear', () => tail.clear())
  const remembered = (): void =>
    remember({ [whose.value]: readName(name.value), as: isHex ? 'hex' : undefined })
  const say = (what: string): void => {
    const lost = dropped === 0 ? '' : ` ${counted(dropped, 'message')} not shown, since they were too many.`
    setText(state, `${what}${lost}`)
  }
  const run = async (): Promise<void> => {
    const mine = new AbortController()
    running = mine
    const until = AbortSignal.any([signal, mine.signal])
    let end = 'Ended: the stream has broken.'
    dropped = 0
    fault.hidden = true
    startButton.disabled = true
    stopButton.disabled = false
    const of = `${whose.value} ${name.value}`
    const path = withQuery('/trace', {
      [whose.value]: readName(name.value),
      seconds: seconds.value,
      bytes: limit.value,
    })
    try {
      const body = await api.open(path, until)
      say(`Tracing ${of}.`)
      for await (const { event, data } of readEvents(body, () => undefined)) {
        if (event === 'trace') tail.add(JSON.parse(data) as TraceEvent)
        else if (event === 'dropped') {
          dropped += (JSON.parse(data) as { count: number }).count
          say(`Tracing ${of}.`)
        } else if (event === 'end') end = `Ended: ${(JSON.parse(data) as { reason: string }).reason}.`
      }
      say(end)
    } catch (error) {
      const text = faultText(error, until)
      say(text === undefined ? 'Stopped.' : 'Off.')
      setText(fault, text ?? '')
      fault.hidden = text === undefined
    } finally {
      mine.abort()
      running = undefined
      startButton.disabled = false
      stopButton.disabled = true
    }
  }
  const form = element(
    'form',
    { class: 'row controls' },
    labelled('Whose', whose),
    labelled('Id or name', name),
    labelled('Seconds', seconds, { class: 'field short' }),
    labelled('Bytes shown of each', limit, { class: 'field short' }),
    startButton,
    stopButton,
    hex,
    clear,
  )
  form.addEventListener('submit', event => {
    event.preventDefault()
    remembered()
    void run()
  })
  // Whoever comes by a link has only to say yes.
  if (name.value !== '') queueMicrotask(() => startButton.focus())
  return element('div', { class: 'view fill' }, element('h1', {}, 'Trace'), form, fault, state, tail.element)
}

function traceRow(line: TraceEvent, isHex: boolean): HTMLElement {
  return element(
    'div',
    { class: `line trace ${line.what}` },
    element('span', { class: 'time' }, clock(new Date(line.time), true)),
    element('span', { class: 'what' }, line.what),
    element('span', { class: 'conn', title: line.node && `at node ${line.node}` }, line.conn),
    element('span', { class: 'size' }, line.bytes === undefined ? '' : bytes(line.bytes)),
    element('span', { class: 'text' }, contentOf(line, isHex)),
  )
}

function contentOf(line: TraceEvent, isHex: boolean): string {
  const { what, user, code, reason, truncated } = line
  if (what === 'open') return user === undefined ? '' : `user ${user}`
  if (what === 'close') return `${code ?? ''} ${closeWords(code ?? 0).name}${reason ? `: ${reason}` : ''}`
  const text = isHex ? undefined : asText(line)
  return `${text ?? asHex(line)}${truncated ? ` … (${count(line.bytes ?? 0)} bytes in all)` : ''}`
}
