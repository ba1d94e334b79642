/** One line that says what has come of what the operator did: read out, and there until the next or until it is put away. */
import { button, element, setText } from './element.ts'

export class Notices {
  readonly element: HTMLElement
  readonly #good = element('span', { role: 'status' })
  readonly #bad = element('span', { role: 'alert' })

  constructor() {
    this.element = element(
      'div',
      { class: 'notice', hidden: true },
      this.#good,
      this.#bad,
      button('Dismiss', () => this.clear(), { class: 'quiet' }),
    )
  }

  /** What was asked for has been done. */
  done(text: string): void {
    this.#show(text, '')
  }

  /** It has not; the text says why. */
  failed(text: string): void {
    this.#show('', text)
  }

  clear(): void {
    this.#show('', '')
  }

  #show(good: string, bad: string): void {
    this.element.hidden = good === '' && bad === ''
    this.element.classList.toggle('bad', bad !== '')
    setText(this.#good, good)
    setText(this.#bad, bad)
  }
}
