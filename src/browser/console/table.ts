/**
 * A table that is shown anew every other second: rows are known by their keys and only what has changed is touched, so
 * that focus and selection stay where they are.
 */
import { type Attributes, element, setAttribute, setText } from './element.ts'

export interface Column<Row> {
  readonly title: string
  /** `number` stands to the right; `long` is cut off where there is no room, and whole in its tooltip; `wrap` has lines. */
  readonly kind?: 'number' | 'long' | 'wrap'
  /** The cell's text; undefined is an empty one. */
  readonly text?: (row: Row) => string | undefined
  /** What its tooltip says; that of a `long` one is its text. */
  readonly tooltip?: (row: Row) => string
  /** Where the text leads to. */
  readonly href?: (row: Row) => string
  /** In place of a text, what is made once for each row: buttons. It is given the key. */
  readonly controls?: (key: string) => readonly HTMLElement[]
}

interface Shown {
  readonly row: HTMLTableRowElement
  readonly cells: readonly HTMLElement[]
}

export class Table<Row> {
  readonly element: HTMLElement
  readonly #body = element('tbody')
  readonly #head = element('tr')
  readonly #empty: HTMLElement
  readonly #key: (row: Row) => string
  #columns: readonly Column<Row>[] = []
  #shown = new Map<string, Shown>()

  /**
   * @param caption what the table holds, for who does not see the heading above it
   * @param empty what is said when there are no rows
   */
  constructor(
    caption: string,
    empty: string,
    columns: readonly Column<Row>[],
    key: (row: Row) => string,
    attributes: Attributes = {},
  ) {
    this.#key = key
    this.#empty = element('p', { class: 'empty' }, empty)
    const table = element(
      'table',
      attributes,
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, this.#head),
      this.#body,
    )
    // A wide table is scrolled by itself, by keyboard as well.
    this.element = element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
      table,
      this.#empty,
    )
    this.setColumns(columns)
  }

  /** Takes other columns; the rows come with the next `show`. */
  setColumns(columns: readonly Column<Row>[]): void {
    this.#columns = columns
    this.#head.replaceChildren(
      ...columns.map(column => element('th', { scope: 'col', class: classOf(column) }, column.title)),
    )
    this.#shown.clear()
    this.#body.replaceChildren()
  }

  show(rows: readonly Row[]): void {
    const keys = new Set(rows.map(this.#key))
    for (const [key, { row }] of this.#shown) {
      if (keys.has(key)) continue
      row.remove()
      this.#shown.delete(key)
    }
    let place = this.#body.firstElementChild
    for (const row of rows) {
      const key = this.#key(row)
      const shown = this.#shown.get(key) ?? this.#make(key)
      this.#fill(shown, row)
      if (shown.row === place) place = place.nextElementSibling
      else this.#body.insertBefore(shown.row, place)
    }
    this.#empty.hidden = rows.length > 0
  }

  #make(key: string): Shown {
    const cells = this.#columns.map(column => {
      const { href, controls } = column
      const inside = href === undefined ? undefined : element('a')
      return element('td', { class: classOf(column) }, inside, ...(controls?.(key) ?? []))
    })
    const shown = { row: element('tr', {}, ...cells), cells }
    this.#shown.set(key, shown)
    return shown
  }

  #fill({ cells }: Shown, row: Row): void {
    this.#columns.forEach(({ text, href, kind, tooltip }, i) => {
      const cell = cells[i]
      if (cell === undefined || text === undefined) return
      const value = text(row) ?? ''
      const link = href === undefined ? null : cell.querySelector('a')
      setText(link ?? cell, value)
      if (link !== null) setAttribute(link, 'href', value === '' ? undefined : href?.(row))
      const tip = tooltip?.(row) ?? (kind === 'long' ? value : '')
      setAttribute(cell, 'title', tip === '' ? undefined : tip)
    })
  }
}

function classOf<Row>({ kind, controls }: Column<Row>): string | undefined {
  return controls === undefined ? kind : 'doing'
}
