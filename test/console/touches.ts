/** Tells which controls a page has shown, and which of them have been used, so that none is left out of a test. */
import type { Page } from 'playwright-core'

/**
 * Runs in the page, as a text, since the tests are checked without the types of the DOM. Controls of rows count once for
 * their column.
 */
export const recordTouches = `(() => {
  const load = name => new Set(JSON.parse(sessionStorage.getItem(name) ?? '[]'))
  const seen = load('test.seen'), touched = load('test.touched')
  const save = () => {
    sessionStorage.setItem('test.seen', JSON.stringify([...seen]))
    sessionStorage.setItem('test.touched', JSON.stringify([...touched]))
  }
  const label = control => {
    const cell = control.closest('td')
    if (cell) {
      const head = cell.closest('table').querySelectorAll('th')[cell.cellIndex].textContent
      return head === 'Actions' ? 'row: ' + control.textContent : 'row: ' + head
    }
    if (control.closest('.line')) return 'line'
    if (control.closest('.chip')) return 'chip'
    return (control.labels?.[0]?.textContent ?? control.getAttribute('aria-label') ?? control.textContent).trim()
  }
  const named = control => {
    const box = control.closest('dialog')
    const place = box?.querySelector('h2') ?? (control.closest('main') ? document.querySelector('h1') : undefined)
    const where = (place?.textContent ?? 'frame').split(' ')[0]
    return where + (box ? ' dialog' : '') + ' | ' + control.tagName.toLowerCase() + ' | ' + label(control)
  }
  const CONTROLS = 'button, a[href], input:not([hidden]), select, textarea, summary'
  const look = () => {
    for (const control of document.querySelectorAll(CONTROLS)) {
      if (control.checkVisibility()) seen.add(named(control))
    }
    save()
  }
  for (const type of ['click', 'input', 'change']) {
    addEventListener(type, event => {
      const target = event.target.closest?.(CONTROLS) ?? event.target.closest?.('label')?.control
      if (!target) return
      look()
      touched.add(named(target))
      save()
    }, true)
  }
  globalThis.controls = () => { look(); return [...seen].filter(name => !touched.has(name)) }
})()`

/** The controls that the page has shown so far and that nobody has used. */
export function untouched(page: Page): Promise<string[]> {
  return page.evaluate<string[]>('controls()')
}
