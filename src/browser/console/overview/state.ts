/** The state of the gateway in numbers, and what can be done with it as a whole. */
import { faultText } from '../api.ts'
import type { Context } from '../context.ts'
import { ask } from '../dialog.ts'
import { button, element, setText } from '../element.ts'
import { bytes, count, counted, duration, milliseconds } from '../format.ts'
import type { Status } from '../wire.ts'

type Action = 'start' | 'stop' | 'restart' | 'reload'

/** What the buttons that end connections ask first. */
const WARNINGS: Partial<Record<Action, string>> = {
  stop: 'Every connection is closed with code 1001, and nobody gets in until it is started again.',
  restart:
    'Every connection is closed with code 1012, the listener is loaded anew and its state is emptied. Clients that reconnect come back.',
}

const DONE: Record<Action, string> = {
  start: 'The gateway is started.',
  stop: 'The gateway is stopped.',
  restart: 'The gateway is restarted.',
  reload: 'The listener is loaded anew.',
}

/** Facts, each with its value of now; undefined is left out. */
const FACTS: readonly (readonly [name: string, value: (status: Status) => string | undefined])[] = [
  ['Connections', status => count(status.connections)],
  ['Groups', status => count(status.groups)],
  ['Users', status => count(status.users)],
  ['Up for', status => (status.uptimeMs > 0 ? duration(status.uptimeMs) : '–')],
  ['Port', status => String(status.port)],
  ['Mode', status => status.mode],
  ['Processor', ({ process }) => process && `${Math.round(process.cpu * 100)} %`],
  ['Memory', ({ process }) => process && bytes(process.rssBytes)],
  ['Loop delay, p99', ({ process }) => process && milliseconds(process.loopDelayMs.p99)],
  ['Version', status => status.version],
]

/** The state, the facts and the buttons. */
export function statePanel(context: Context): HTMLElement {
  const { live, signal } = context
  const values = FACTS.map(() => element('dd'))
  const facts = FACTS.map(([name], i) => element('div', {}, element('dt', {}, name), values[i]))
  const start = button('Start', () => void act(context, 'start'))
  const stop = button('Stop', () => void act(context, 'stop'), { class: 'danger' })
  const restart = button('Restart', () => void act(context, 'restart'))
  const reload = button('Reload listener', () => void act(context, 'reload'))
  live.status.watch(signal, status => {
    start.disabled = status === undefined || status.state === 'running' || status.state === 'starting'
    stop.disabled = status === undefined || status.state === 'stopped' || status.state === 'stopping'
    restart.disabled = status === undefined
    reload.disabled = status === undefined
    FACTS.forEach(([, value], i) => {
      const text = status && value(status)
      const [node, fact] = [values[i], facts[i]]
      if (node === undefined || fact === undefined) return
      setText(node, text ?? '–')
      fact.hidden = status !== undefined && text === undefined
    })
  })
  return element(
    'section',
    { class: 'panel split', 'aria-label': 'State' },
    element('dl', { class: 'facts' }, ...facts),
    element('div', { class: 'actions' }, start, stop, restart, reload),
  )
}

async function act({ api, live, notices, signal }: Context, action: Action): Promise<void> {
  const warning = WARNINGS[action]
  if (warning !== undefined) {
    const { id = '', connections = 0 } = live.status.value ?? {}
    const title = `${action === 'stop' ? 'Stop' : 'Restart'} ${id}?`
    const now = `${counted(connections, 'connection')} open now.`
    const content = [element('p', {}, warning), element('p', {}, now)]
    const isYes = await ask(
      { title, content, action: action === 'stop' ? 'Stop' : 'Restart', isDangerous: true },
      signal,
    )
    if (!isYes) return
  }
  notices.clear()
  try {
    const status = await api.call<Status>('POST', `/${action}`, { signal })
    live.status.set(status)
    notices.done(status.note ?? DONE[action])
  } catch (error) {
    const fault = faultText(error, signal)
    if (fault !== undefined) notices.failed(`${action}: ${fault}`)
  }
}
