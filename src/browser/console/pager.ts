/** Next and previous through a list that is paged by the server, which knows the way forward alone. */
import { button, element, setAttribute, setText } from './element.ts'

export class Pager {
  readonly element: HTMLElement
  /** Where the pages before this one began; the first began at undefined. */
  #before: (string | undefined)[] = []
  #after: string | undefined
  #next: string | undefined
  /** Whether another page or list has been asked for, and not been shown yet. */
  #isTurned = true
  readonly #previousButton: HTMLButtonElement
  readonly #nextButton: HTMLButtonElement
  readonly #where = element('span', { role: 'status' })

  /**
   * @param after where the page begins that is shown first
   * @param turned another page is to be shown
   */
  constructor(after: string | undefined, turned: () => void) {
    this.#after = after
    // Whoever came by a link into the middle has no way back but the beginning.
    if (after !== undefined) this.#before.push(undefined)
    this.#previousButton = button('Previous', () => {
      this.#after = this.#before.pop()
      this.#isTurned = true
      turned()
    })
    this.#nextButton = button('Next', () => {
      if (this.#next === undefined) return
      this.#before.push(this.#after)
      this.#after = this.#next
      this.#isTurned = true
      turned()
    })
    this.element = element(
      'nav',
      { class: 'pager', 'aria-label': 'Pages' },
      this.#previousButton,
      this.#nextButton,
      this.#where,
    )
    this.show(undefined, '')
  }

  /** What to give as `after` for the page that is to be shown. */
  get after(): string | undefined {
    return this.#after
  }

  /** Back to the first page, since it is another list now. */
  reset(): void {
    this.#before = []
    this.#after = undefined
    this.#isTurned = true
  }

  /**
   * A page has come.
   * @param next what it said of the one after it
   * @param where which part of the list it is
   */
  show(next: string | undefined, where: string): void {
    this.#next = next
    this.#previousButton.disabled = this.#after === undefined
    this.#nextButton.disabled = next === undefined
    // Who goes by ear is told where a page is, and not how many are connected every other second.
    setAttribute(this.#where, 'aria-live', this.#isTurned ? 'polite' : 'off')
    this.#isTurned = where === ''
    setText(this.#where, where)
  }

  /** Which page this is, from 1. */
  get page(): number {
    return this.#before.length + 1
  }
}
