/** The listener: which version is in use, and what is wrong with it. */
import type { Context } from '../context.ts'
import { element, setText } from '../element.ts'
import { count, dateAndTime, duration } from '../format.ts'
import type { Listener } from '../wire.ts'

export function listenerPanel({ live, signal }: Context): HTMLElement {
  const path = element('dd', { class: 'code' })
  const generation = element('dd')
  const loaded = element('dd')
  const requests = element('dd')
  const requestsFact = element('div', {}, element('dt', {}, 'Requests'), requests)
  const load = new FaultBox('The newest version is not in use')
  const last = new FaultBox('Last fault')
  const well = element('p', { class: 'good' }, 'The newest version is in use; no fault since the start.')
  live.status.watch(signal, status => {
    if (status === undefined) return
    const { listener } = status
    setText(path, listener.path)
    setText(generation, listener.generation === 0 ? 'none loaded' : count(listener.generation))
    setText(loaded, loadedText(listener))
    requestsFact.hidden = listener.requests === undefined
    const { underWay = 0, waiting = 0, retried = 0 } = listener.requests ?? {}
    setText(
      requests,
      `${count(underWay)} under way, ${count(waiting)} waiting, ${count(retried)} tried again`,
    )
    const { lastFault } = listener
    const at = lastFault && dateAndTime(new Date(lastFault.at))
    // Told as a fault of the load it need not be told again.
    const isSame = listener.error !== null && lastFault?.message.includes(listener.error) === true
    load.show(listener.error ?? undefined, isSame ? lastFault?.stack : undefined)
    last.show(lastFault && !isSame ? `${at}: ${lastFault.message}` : undefined, lastFault?.stack)
    well.hidden = listener.error !== null || lastFault !== undefined || listener.generation === 0
  })
  return element(
    'section',
    { class: 'panel', 'aria-labelledby': 'listener' },
    element('h2', { id: 'listener' }, 'Listener'),
    element(
      'dl',
      { class: 'facts wide' },
      element('div', {}, element('dt', {}, 'Path'), path),
      element('div', {}, element('dt', {}, 'Generation'), generation),
      element('div', {}, element('dt', {}, 'Loaded'), loaded),
      requestsFact,
    ),
    well,
    load.element,
    last.element,
  )
}

function loadedText({ loadedAt }: Listener): string {
  if (loadedAt === null) return 'never'
  const at = new Date(loadedAt)
  return `${dateAndTime(at)} (${duration(Date.now() - at.getTime())} ago)`
}

/** A fault, with its stack behind a click. It stays open while its text is the same. */
class FaultBox {
  readonly element: HTMLElement
  readonly #message = element('span')
  readonly #stack = element('pre', { tabindex: 0 })
  readonly #details: HTMLDetailsElement

  constructor(title: string) {
    this.#details = element('details', {}, element('summary', {}, 'Stack'), this.#stack)
    this.element = element(
      'div',
      { class: 'fault', hidden: true },
      element('strong', {}, `${title}: `),
      this.#message,
      this.#details,
    )
  }

  show(message: string | undefined, stack: string | undefined): void {
    this.element.hidden = message === undefined
    setText(this.#message, message ?? '')
    setText(this.#stack, stack ?? '')
    this.#details.hidden = stack === undefined
  }
}
