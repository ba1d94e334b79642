/** The tail of WebSocket.log, as it grows. */
import { withQuery } from '../api.ts'
import type { View } from '../context.ts'
import { button, element, labelled, select, setText } from '../element.ts'
import { counted } from '../format.ts'
import { LEVELS, logRow } from '../log-lines.ts'
import { restWhenHidden } from '../resting.ts'
import { follow } from '../stream.ts'
import { MOST_LINES, Tail } from '../tail.ts'
import type { LogLine } from '../wire.ts'

/** So many lines are shown at first. */
const FIRST = 200
const TYPED_MS = 300
/** What the gateway logs, to choose from; others can be typed. */
const EVENTS =
  'gateway.* client.* client.open client.close client.refused message push listener.* listener.load listener.error listener.log control.* control.call cluster.* config error'.split(
    ' ',
  )

export const log: View = ({ api, live, gateways, params, signal, remember }) => {
  const tail = new Tail<LogLine>('Lines of the log', logRow)
  const field = (name: string, placeholder: string, list?: string): HTMLInputElement =>
    element('input', {
      type: 'search',
      value: params.get(name) ?? '',
      placeholder,
      list,
      spellcheck: 'false',
    })
  const level = select(
    [['', 'all'], ...LEVELS.map(name => [name, name === 'fatal' ? name : `${name} and above`] as const)],
    params.get('level') ?? '',
  )
  const event = field('event', 'listener.*', 'events')
  const gateway = select([['', 'all']], '')
  const conn = field('conn', 'id')
  const text = field('text', 'anywhere in the line')
  const state = element('span', { class: 'hint', role: 'status' })
  const followButton = button('Follow', () => (running === undefined ? start(true) : stop()))
  const clear = button('Clear', () => tail.clear())
  const filters = () => ({
    level: level.value,
    event: event.value.trim(),
    gateway: gateway.value,
    conn: conn.value.trim(),
    text: text.value,
  })
  let running: AbortController | undefined
  /** The newest lines as they came, cleared away or not. */
  let came: string[] = []
  /** @param goesOn whether what is shown already stays */
  const start = (goesOn: boolean): void => {
    running?.abort()
    const mine = new AbortController()
    running = mine
    if (!goesOn) {
      tail.clear()
      came = []
    }
    followButton.setAttribute('aria-pressed', 'true')
    setText(state, 'Opening …')
    // What is asked for again after a break has come before in part.
    let known = new Set<string>()
    let again = 0
    void follow({
      api,
      path: () => withQuery('/logs/events', { ...filters(), limit: came.length > 0 ? MOST_LINES : FIRST }),
      signal: AbortSignal.any([signal, mine.signal]),
      opened: () => {
        known = new Set(came)
        again = came.length > 0 ? MOST_LINES : 0
        setText(state, 'Following')
      },
      event: ({ event: name, data }) => {
        if (name !== 'line') return
        if (again > 0 && again-- && known.has(data)) return
        if (came.push(data) > 2 * MOST_LINES) came.splice(0, MOST_LINES)
        tail.add(JSON.parse(data) as LogLine)
      },
      link: link => {
        if (!link.isOpen) setText(state, `Interrupted: ${link.fault ?? 'no answer'}; trying again`)
      },
    })
  }
  const stop = (): void => {
    running?.abort()
    running = undefined
    followButton.setAttribute('aria-pressed', 'false')
    setText(state, `Not following; ${counted(tail.lines.length, 'line')}`)
  }
  const filtered = (): void => {
    remember(filters())
    start(false)
  }
  let typed: ReturnType<typeof setTimeout> | undefined
  for (const input of [event, conn, text]) {
    input.addEventListener('input', () => {
      clearTimeout(typed)
      typed = setTimeout(filtered, TYPED_MS)
    })
  }
  signal.addEventListener('abort', () => clearTimeout(typed))
  level.addEventListener('change', filtered)
  gateway.addEventListener('change', filtered)
  const wanted = params.get('gateway') ?? ''
  gateways.watch(signal, lines => {
    const ids = new Set([...lines.map(({ id }) => id), wanted, gateway.value, live.status.value?.id ?? ''])
    ids.delete('')
    if (gateway.options.length === ids.size + 1) return
    const chosen = gateway.value || wanted
    gateway.replaceChildren(
      ...select([['', 'all'], ...[...ids].map(id => [id, id] as const)], chosen).childNodes,
    )
    gateway.value = chosen
  })
  start(false)
  restWhenHidden(
    signal,
    () => running?.abort(),
    () => running !== undefined && start(true),
  )
  return element(
    'div',
    { class: 'view fill' },
    element('h1', {}, 'Log'),
    element('datalist', { id: 'events' }, ...EVENTS.map(value => element('option', { value }))),
    element(
      'div',
      { class: 'row controls' },
      labelled('Level', level),
      labelled('Event', event),
      labelled('Gateway', gateway),
      labelled('Connection', conn),
      labelled('Text', text),
      followButton,
      clear,
      state,
    ),
    tail.element,
  )
}
