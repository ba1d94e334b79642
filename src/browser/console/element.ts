/** The one way in which this page makes elements. Text becomes text nodes: nothing here is ever read as HTML. */

export type Child = Node | string | undefined

export interface Attributes {
  /** A function listens to the event that the name says behind `on`; `true` is an attribute without a value. */
  readonly [name: string]: string | number | boolean | undefined | ((event: Event) => void)
}

/** Makes an element, with its attributes and what is in it. What is undefined or false is left out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.replace(/^on/, ''), value)
    else if (value !== undefined && value !== false)
      made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(...children.filter(child => child !== undefined))
  return made
}

/** Sets a text only when it is another one, so that nothing is selected anew or laid out in vain. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** Sets an attribute only when it is another one; undefined takes it away. */
export function setAttribute(of: Element, name: string, value: string | undefined): void {
  if (value === undefined) of.removeAttribute(name)
  else if (of.getAttribute(name) !== value) of.setAttribute(name, value)
}

/** A button that does something. */
export function button(
  label: string,
  press: (event: Event) => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  return element('button', { type: 'button', onclick: press, ...attributes }, label)
}

let fields = 0

/** An input below its label. */
export function labelled(label: string, input: HTMLElement, attributes: Attributes = {}): HTMLElement {
  input.id ||= `field-${++fields}`
  return element('div', { class: 'field', ...attributes }, element('label', { for: input.id }, label), input)
}

/** A select with its choices, each a value and what it is called. */
export function select(
  choices: readonly (readonly [value: string, label: string])[],
  value: string,
  attributes: Attributes = {},
): HTMLSelectElement {
  const made = element('select', attributes)
  for (const [of, label] of choices)
    made.append(element('option', { value: of, selected: of === value }, label))
  return made
}
