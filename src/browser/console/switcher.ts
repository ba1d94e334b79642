/** The choice among all gateways in the control folder. */
import { type Api, ApiProblem } from './api.ts'
import { select } from './element.ts'
import type { Observable } from './observable.ts'
import { poll } from './poll.ts'
import type { GatewayLine } from './wire.ts'

/** In milliseconds. */
const GATEWAYS_MS = 5000

/** Keeps the list of gateways up to date, until the signal is aborted. */
export function followGateways(
  api: Api,
  gateways: Observable<readonly GatewayLine[]>,
  signal: AbortSignal,
): void {
  poll(signal, GATEWAYS_MS, async () => {
    try {
      gateways.set((await api.get<{ gateways: GatewayLine[] }>('/gateways', { signal })).gateways)
    } catch (error) {
      // The line above the views says that there is no answer; the list stays as it was.
      if (!(error instanceof ApiProblem) && !signal.aborted) throw error
    }
  })
}

/**
 * @param chosen the gateway of the address; undefined is the one that serves this page
 * @param choose called with another choice
 */
export function switcher(
  gateways: Observable<readonly GatewayLine[]>,
  chosen: string | undefined,
  signal: AbortSignal,
  choose: (gateway: string | undefined) => void,
): HTMLSelectElement {
  const box = select([['', 'this gateway']], '', { 'aria-label': 'Gateway', class: 'switcher' })
  gateways.watch(signal, lines => {
    const choices = lines.map(line => [line.self ? '' : line.id, label(line)] as const)
    if (!choices.some(([id]) => id === '')) choices.unshift(['', 'this gateway'])
    if (!choices.some(([id]) => id === (chosen ?? ''))) choices.push([chosen ?? '', `${chosen} (not there)`])
    const same =
      box.options.length === choices.length &&
      choices.every(([id, text], i) => box.options[i]?.value === id && box.options[i]?.text === text)
    if (same) return
    box.replaceChildren(...select(choices, chosen ?? '').childNodes)
    box.value = chosen ?? ''
  })
  box.addEventListener('change', () => choose(box.value === '' ? undefined : box.value))
  return box
}

function label({ id, state }: GatewayLine): string {
  return `${id} · ${state}`
}
