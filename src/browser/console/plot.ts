/** One plot over time, by uPlot, with its values in words beside it: those at the pointer, else the newest ones. */
import uPlot from 'uplot'
import { element, setAttribute, setText } from './element.ts'
import { clock } from './format.ts'
import type { Columns, History } from './history.ts'
import { palette } from './palette.ts'

export interface PlotSeries {
  /** The column of the history. */
  readonly column: string
  readonly label: string
}

export interface PlotOptions {
  readonly title: string
  readonly series: readonly PlotSeries[]
  /** A value in words, with its unit. */
  readonly shown: (value: number) => string
  /** The same for the axis, where there is little room; `shown` without it. */
  readonly tick?: (value: number) => string
}

const HEIGHT = 130

export class Plot {
  readonly element: HTMLElement
  readonly #options: PlotOptions
  readonly #figure = element('div', { class: 'plot', role: 'img' })
  readonly #values: readonly HTMLElement[]
  #plot: uPlot | undefined
  #columns: Columns = [[]]
  #seconds = 300

  constructor(options: PlotOptions, signal: AbortSignal) {
    this.#options = options
    this.#values = options.series.map(() => element('span', { class: 'value' }))
    const legend = options.series.map(({ label }, i) =>
      element(
        'span',
        { class: `series s${i}` },
        element('i', { 'aria-hidden': 'true' }),
        `${label} `,
        this.#values[i],
      ),
    )
    this.element = element(
      'figure',
      { class: 'panel' },
      element('figcaption', {}, element('h3', {}, options.title), ...legend),
      this.#figure,
    )
    const size = new ResizeObserver(() => this.#resize())
    size.observe(this.#figure)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', () => this.#draw(), { signal })
    signal.addEventListener('abort', () => {
      size.disconnect()
      this.#plot?.destroy()
    })
  }

  /** Shows the last so many seconds. */
  show(history: History, seconds: number): void {
    const { series, title, shown } = this.#options
    this.#seconds = seconds
    this.#columns = history.window(
      seconds,
      series.map(({ column }) => column),
    )
    if (this.#plot === undefined) this.#draw()
    else this.#plot.setData(this.#columns as uPlot.AlignedData)
    this.#say(this.#plot?.cursor.idx ?? undefined)
    const words = series.map(({ label }, i) => {
      const values = (this.#columns[i + 1] ?? []).filter(value => typeof value === 'number')
      const now = values.at(-1)
      if (now === undefined) return `${label}: nothing yet`
      const most = values.reduce((a, b) => Math.max(a, b), now)
      const least = values.reduce((a, b) => Math.min(a, b), now)
      return `${label}: ${shown(now)} now, from ${shown(least)} to ${shown(most)}`
    })
    const label = `${title} over the last ${seconds / 60} min. ${words.join('. ')}.`
    setAttribute(this.#figure, 'aria-label', label)
  }

  /** Puts the values into words. */
  #say(index: number | undefined): void {
    this.#values.forEach((node, i) => {
      const value = index === undefined ? this.#columns[i + 1]?.at(-1) : this.#columns[i + 1]?.[index]
      setText(node, typeof value === 'number' ? this.#options.shown(value) : '–')
    })
  }

  #resize(): void {
    const { clientWidth } = this.#figure
    if (this.#plot === undefined) this.#draw()
    else if (clientWidth > 0 && clientWidth !== this.#plot.width) {
      this.#plot.setSize({ width: clientWidth, height: HEIGHT })
    }
  }

  #draw(): void {
    const width = this.#figure.clientWidth
    if (width === 0) return
    this.#plot?.destroy()
    this.#plot = new uPlot(this.#uplotOptions(width), this.#columns as uPlot.AlignedData, this.#figure)
  }

  #uplotOptions(width: number): uPlot.Options {
    const colours = palette()
    const { series, shown, tick = shown } = this.#options
    const axis = {
      stroke: colours.muted,
      font: '11px system-ui, sans-serif',
      grid: { stroke: colours.line, width: 1 },
      ticks: { show: false },
    }
    return {
      width,
      height: HEIGHT,
      // To the right, half a time of day has room.
      padding: [8, 24, 0, 0],
      legend: { show: false },
      // The same moment is pointed at in all plots.
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'time' }, points: { size: 5 } },
      hooks: { setLegend: [plot => this.#say(plot.cursor.idx ?? undefined)] },
      scales: {
        x: { time: true, range: (_, _min, max) => [(max ?? 0) - this.#seconds, max ?? 0] },
        y: { range: (_, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          space: () => (this.#seconds > 60 ? 48 : 68),
          incrs: [5, 10, 15, 30, 60, 120, 300],
          values: (_, splits) =>
            splits.map(at =>
              this.#seconds > 60 ? clock(new Date(at * 1000)).slice(0, 5) : clock(new Date(at * 1000)),
            ),
        },
        { ...axis, size: 58, space: 28, values: (_, splits) => splits.map(tick) },
      ],
      series: [
        {},
        ...series.map((_, i) => ({
          stroke: colours.series[i] ?? colours.muted,
          width: 1.5,
          points: { show: false },
          ...(i === 0 && { fill: colours.fill }),
          ...(i === 2 && { dash: [4, 3] }),
        })),
      ],
    }
  }
}
