/** Questions that are asked before something happens. */
import { button, type Child, element } from './element.ts'

export interface Question {
  readonly title: string
  /** What will happen, and what else there may be to fill in. */
  readonly content: readonly Child[]
  /** What the button that goes ahead says. */
  readonly action: string
  readonly isDangerous?: boolean
}

/**
 * Asks, and waits for the answer. Escape and the button Cancel are a no.
 * @param signal when it is aborted the question goes away, as a no
 */
export function ask(question: Question, signal: AbortSignal): Promise<boolean> {
  const { title, content, action, isDangerous = false } = question
  return new Promise(resolve => {
    let answer = false
    const heading = element('h2', { id: 'question' }, title)
    const cancel = button('Cancel', () => dialog.close())
    const form = element(
      'form',
      { method: 'dialog' },
      heading,
      ...content,
      element(
        'div',
        { class: 'actions' },
        cancel,
        element('button', { type: 'submit', class: isDangerous ? 'danger' : 'primary' }, action),
      ),
    )
    form.addEventListener('submit', event => {
      event.preventDefault()
      answer = true
      dialog.close()
    })
    const dialog = element('dialog', { 'aria-labelledby': 'question' }, form)
    const close = (): void => dialog.close()
    dialog.addEventListener('close', () => {
      signal.removeEventListener('abort', close)
      dialog.remove()
      resolve(answer && !signal.aborted)
    })
    signal.addEventListener('abort', close)
    document.body.append(dialog)
    dialog.showModal()
    // What cannot be undone is not one thoughtless Enter away.
    if (isDangerous && form.querySelector('input, select, textarea') === null) cancel.focus()
  })
}
