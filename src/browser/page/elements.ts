/** The elements of the page. */

/** @throws when the page has no such element: it and its script belong together */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new TypeError(`#${id} is not there`)
  return found
}

export const button = (id: string): HTMLButtonElement => element(id, HTMLButtonElement)
export const input = (id: string): HTMLInputElement => element(id, HTMLInputElement)
export const box = (id: string): HTMLElement => element(id, HTMLElement)

/** A new element with a text in it. What others have sent is shown as text, never as markup. */
export function make(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name)
  made.textContent = text
  if (className !== '') made.className = className
  return made
}
