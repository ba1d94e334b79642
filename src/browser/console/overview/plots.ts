/** The live plots. */
import type { Context } from '../context.ts'
import { button, element } from '../element.ts'
import { bytes, count, milliseconds, short } from '../format.ts'
import { Plot, type PlotOptions } from '../plot.ts'

const perSecond = (value: number): string => `${count(value)}/s`

const PLOTS: readonly PlotOptions[] = [
  { title: 'Connections', series: [{ column: 'connections', label: 'open' }], shown: count, tick: short },
  {
    title: 'Messages',
    series: [
      { column: 'received', label: 'in' },
      { column: 'sent', label: 'out' },
      { column: 'pushes', label: 'pushed' },
    ],
    shown: perSecond,
    tick: short,
  },
  {
    title: 'Deliveries',
    series: [{ column: 'delivered', label: 'delivered' }],
    shown: perSecond,
    tick: short,
  },
  {
    title: 'Payload',
    series: [
      { column: 'bytesIn', label: 'in' },
      { column: 'bytesOut', label: 'out' },
    ],
    shown: value => `${bytes(value)}/s`,
    tick: bytes,
  },
  {
    title: 'Event-loop delay',
    series: [{ column: 'loopDelayMs', label: 'p99' }],
    shown: milliseconds,
  },
  {
    title: 'Memory',
    series: [
      { column: 'rssBytes', label: 'resident' },
      { column: 'heapBytes', label: 'heap' },
    ],
    shown: bytes,
  },
]

/** In minutes. */
const WINDOWS = ['1', '5', '10']

/** The plots, and the choice of how far back they go. */
export function plotsPanel({ live, params, signal, remember }: Context): HTMLElement {
  const chosen = params.get('minutes') ?? ''
  let minutes = WINDOWS.includes(chosen) ? chosen : '5'
  const grid = element('div', { class: 'plots' })
  let plots: Plot[] = []
  let had: string | undefined
  const show = (): void => {
    for (const plot of plots) plot.show(live.history.value, Number(minutes) * 60)
  }
  const choices = WINDOWS.map(window =>
    button(`${window} min`, () => {
      minutes = window
      mark()
      remember({ minutes: window === '5' ? undefined : window })
      show()
    }),
  )
  const mark = (): void =>
    choices.forEach((choice, i) => {
      choice.setAttribute('aria-pressed', String(WINDOWS[i] === minutes))
    })
  mark()
  live.history.watch(signal, history => {
    // A gateway of another version may have other columns.
    const wanted = PLOTS.map(options => ({
      ...options,
      series: options.series.filter(({ column }) => history.has(column)),
    })).filter(({ series }) => series.length > 0)
    const has = wanted.flatMap(({ series }) => series.map(({ column }) => column)).join()
    if (has !== had) {
      had = has
      plots = wanted.map(options => new Plot(options, signal))
      grid.replaceChildren(...plots.map(({ element: figure }) => figure))
    }
    show()
  })
  return element(
    'section',
    { 'aria-labelledby': 'plots' },
    element(
      'div',
      { class: 'row' },
      element('h2', { id: 'plots' }, 'Live'),
      element('div', { class: 'segments', role: 'group', 'aria-label': 'How far back' }, ...choices),
    ),
    grid,
  )
}
