/** Lines that come at the end, bounded, with the newest in sight while somebody follows them. */
import { element } from './element.ts'

/** So many lines are kept; the oldest go. */
export const MOST_LINES = 1000
/** After a picture comes a rest of so many times as long. */
const REST = 3
/** A rest takes no longer, in milliseconds. */
const MOST_MS = 1000

export class Tail<Line> {
  readonly element: HTMLElement
  readonly #make: (line: Line) => HTMLElement
  #waiting: Line[] = []
  /** How long the last picture took, in milliseconds. */
  #cost = 0
  /** Those that are shown, oldest first. */
  #lines: Line[] = []

  /** @param label what the lines are, for who does not see the heading */
  constructor(label: string, make: (line: Line) => HTMLElement) {
    this.#make = make
    // Not read out by itself: it may be hundreds of lines a second.
    this.element = element('div', {
      class: 'tail',
      role: 'log',
      'aria-live': 'off',
      'aria-label': label,
      tabindex: 0,
    })
  }

  get lines(): readonly Line[] {
    return this.#lines
  }

  /** Adds a line with one of the next pictures: a burst costs one layout, and no more of it is made than can stay. */
  add(line: Line): void {
    if (this.#waiting.push(line) === 1) {
      // Under a flood most of the time is left to whoever clicks and types.
      setTimeout(() => requestAnimationFrame(() => this.#flush()), Math.min(MOST_MS, REST * this.#cost))
    }
    // A tab that nobody looks at draws no pictures.
    if (this.#waiting.length >= 2 * MOST_LINES) this.#waiting.splice(0, MOST_LINES)
  }

  clear(): void {
    this.#waiting = []
    this.#lines = []
    this.element.replaceChildren()
  }

  /** Makes all lines anew, since they are to look otherwise. */
  redraw(): void {
    this.element.replaceChildren(...this.#lines.map(this.#make))
  }

  #flush(): void {
    const { element: box } = this
    const began = performance.now()
    // Who has scrolled up reads, and is not to be moved.
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
    const added = this.#waiting.slice(-MOST_LINES)
    this.#waiting = []
    const surplus = Math.max(0, this.#lines.length + added.length - MOST_LINES)
    this.#lines = [...this.#lines.slice(surplus), ...added]
    for (let i = 0; i < surplus; i++) box.firstElementChild?.remove()
    box.append(...added.map(this.#make))
    if (isAtEnd) box.scrollTop = box.scrollHeight
    this.#cost = performance.now() - began
  }
}
