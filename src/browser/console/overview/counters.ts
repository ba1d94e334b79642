/** What has been counted since the process started, how connections have closed, and whether all is well. */

import { closeWords } from '../../../connections/close-words.ts'
import { faultText } from '../api.ts'
import type { Context } from '../context.ts'
import { element, setText } from '../element.ts'
import { bytes, count } from '../format.ts'
import { poll } from '../poll.ts'
import { Table } from '../table.ts'
import type { Health } from '../wire.ts'

/** In milliseconds. */
const HEALTH_MS = 5000

/** The counters in words; one that is not here has its own name. */
const WORDS: Readonly<Record<string, string>> = {
  opened: 'connections opened',
  closed: 'connections closed',
  received: 'messages received',
  sent: 'frames sent',
  delivered: 'messages delivered',
  pushes: 'pushes',
  bytesIn: 'payload received',
  bytesOut: 'written to clients',
  refused: 'clients refused',
  reloads: 'loads of the listener',
  listenerErrors: 'faults of the listener',
  slowConsumersClosed: 'slow clients closed',
  slowConsumerDrops: 'messages left out for slow clients',
  unknownRecipients: 'recipients that were closed or unknown',
}

type Line = readonly [name: string, value: number]

export function countersPanel({ live, signal }: Context): HTMLElement {
  const counters = new Table<Line>(
    'Counters since the process started',
    'Nothing yet.',
    [
      { title: 'Since the process started', kind: 'wrap', text: ([name]) => WORDS[name] ?? name },
      {
        title: 'Count',
        kind: 'number',
        text: ([name, value]) => (name.startsWith('bytes') ? bytes(value) : count(value)),
      },
    ],
    ([name]) => name,
  )
  const closes = new Table<Line>(
    'How connections have closed',
    'No connection has closed yet.',
    [
      { title: 'Closed with', text: ([code]) => code },
      { title: 'In words', kind: 'wrap', text: ([code]) => words(code) },
      { title: 'Count', kind: 'number', text: ([, value]) => count(value) },
    ],
    ([code]) => code,
  )
  live.status.watch(signal, status => {
    if (status === undefined) return
    counters.show(Object.entries(status.counters))
    closes.show(Object.entries(status.closes ?? {}))
  })
  return element(
    'div',
    { class: 'columns' },
    section('counters', 'Counters', counters.element),
    section('closes', 'Close codes', closes.element),
  )
}

function words(code: string): string {
  // There were too many different ones to count each.
  if (code === 'other') return 'Further codes'
  const { name, meaning } = closeWords(Number(code))
  return `${name}. ${meaning}`
}

function section(id: string, title: string, content: HTMLElement): HTMLElement {
  return element('section', { class: 'panel', 'aria-labelledby': id }, element('h2', { id }, title), content)
}

/** One line: whether the gateway can do its work. */
export function healthLine({ api, signal }: Context): HTMLElement {
  const line = element('p', { class: 'health', role: 'status' })
  poll(signal, HEALTH_MS, async () => {
    try {
      const { status, output } = await api.get<Health>('/health', { signal, takes: [503] })
      setText(line, status === 'pass' ? 'Health: all is well.' : `Health: ${status}. ${output ?? ''}`)
      line.className = `health ${status}`
    } catch (error) {
      const fault = faultText(error, signal)
      if (fault !== undefined) setText(line, `Health: unknown. ${fault}`)
    }
  })
  return line
}
